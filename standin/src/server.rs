//! In: two addresses. Out: two servers that accept, each connection with its own hyper. Never looks into a request.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::app::App;
use crate::cli::Options;
use crate::fault::settings::Server;
use crate::fault::wire::{ResetFlag, Wire};
use crate::{cdp, front, live, xm};

/// Two servers under way; dropped, they stop accepting.
#[derive(Debug)]
pub struct Running {
    /// Where the XM site listens.
    pub xm: SocketAddr,
    /// Where the CDP listens.
    pub cdp: SocketAddr,
    tasks: [JoinHandle<()>; 2],
}

impl Running {
    /// The line that tells a parent that both listen, and where.
    #[must_use]
    pub fn announcement(&self) -> String {
        format!(
            r#"{{"xm":"http://{}","cdp":"http://{}"}}"#,
            self.xm, self.cdp
        )
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// Listens on both addresses and serves until the result is dropped.
///
/// # Errors
/// An address that cannot be listened on.
pub async fn start(options: Options) -> io::Result<Running> {
    let xm_listener = listen(options.xm).await?;
    let cdp_listener = listen(options.cdp).await?;
    let (xm, cdp) = (xm_listener.local_addr()?, cdp_listener.local_addr()?);
    let app = Arc::new(App::new(options, format!("http://{xm}")));
    let cdp_router = cdp::router(Arc::clone(&app)).merge(live::router(Arc::clone(&app)));
    let tasks = [
        tokio::spawn(accept(
            xm_listener,
            Server::Xm,
            xm::router(Arc::clone(&app)),
            Arc::clone(&app),
        )),
        tokio::spawn(accept(cdp_listener, Server::Cdp, cdp_router, app)),
    ];
    Ok(Running { xm, cdp, tasks })
}

async fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"))
    })
}

async fn accept(listener: TcpListener, server: Server, router: Router, app: Arc<App>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(serve(stream, server, router.clone(), Arc::clone(&app)));
            }
            // Out of file descriptors, most likely: wait until some connections have ended.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn serve(stream: TcpStream, server: Server, router: Router, app: Arc<App>) {
    let _ = stream.set_nodelay(true);
    let reset = ResetFlag::default();
    let io = TokioIo::new(Wire::new(stream, reset.clone()));
    let service = service_fn(move |request| {
        front::answer(
            Arc::clone(&app),
            server,
            router.clone(),
            reset.clone(),
            request,
        )
    });
    // An error here is a client that has gone, or a fault that did its work.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .title_case_headers(server == Server::Xm)
        .serve_connection(io, service)
        .await;
}
