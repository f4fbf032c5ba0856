//! In: the command line. Out: [`Options`]. Never starts anything.

use std::net::SocketAddr;

use clap::Parser;

/// A Sitecore XM site and a Sitecore CDP in one process: no network, no account.
#[derive(Clone, Debug, Parser)]
#[command(version, about)]
pub struct Options {
    /// Where the XM site listens; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8081", value_name = "ADDR")]
    pub xm: SocketAddr,

    /// Where the CDP, and the page that controls both, listens; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8082", value_name = "ADDR")]
    pub cdp: SocketAddr,

    /// The client key that the CDP accepts; every other is answered 401.
    #[arg(long, default_value = "standin_client_key", value_name = "KEY")]
    pub client_key: String,

    /// The API token that the REST API accepts, together with the client key; every other is answered 401.
    #[arg(long, default_value = "standin_api_token", value_name = "TOKEN")]
    pub api_token: String,

    /// The Edge context id that the CDP accepts; without it, any that is not empty.
    #[arg(long, value_name = "ID")]
    pub context_id: Option<String>,

    /// A point of sale that the tenant knows (repeatable); events with another are answered 201 and dropped.
    #[arg(long = "pos", default_values = ["shop/ie", "shop/de"], value_name = "NAME")]
    pub points_of_sale: Vec<String>,

    /// Where the Worker listens; the page of the stand-in links there instead of to the bare site.
    #[arg(long, value_name = "URL")]
    pub worker_url: Option<String>,

    /// End when stdin is closed, so that a parent that dies takes this process along.
    #[arg(long)]
    pub exit_with_stdin: bool,
}

impl Options {
    /// The defaults on free ports of 127.0.0.1: what a test starts with.
    #[must_use]
    pub fn on_free_ports() -> Self {
        Self::parse_from(["standin", "--xm", "127.0.0.1:0", "--cdp", "127.0.0.1:0"])
    }
}
