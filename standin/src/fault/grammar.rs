//! In: `delay=300;cut=500`. Out: a [`Fault`]. Never applies one.

use std::fmt;

/// The request header that asks for a fault in its own answer.
pub const HEADER: &str = "x-standin-fault";

/// What shall go wrong with one answer. Everything at its default: nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    /// `delay=MS` (also `headers-delay=MS`): nothing is sent for so long.
    pub delay_ms: u64,
    /// `body-delay=MS`: between the headers and the first byte of the body.
    pub body_delay_ms: u64,
    /// `trickle=MS`: the body leaves byte by byte, so far apart.
    pub trickle_ms: Option<u64>,
    /// `pause=BYTES@MS`: one pause inside the body.
    pub pause: Option<(usize, u64)>,
    /// How the answer ends instead of well.
    pub ending: Ending,
    /// `status=CODE`: that status, with an error body of the server's kind.
    pub status: Option<u16>,
    /// `executed`: the request does its work although `status` hides it (an answer lost after the fact).
    pub executed: bool,
    /// What stands in the body instead.
    pub body: Body,
    /// `no-content-type`: the header is missing.
    pub no_content_type: bool,
    /// `content-type=VALUE`, `charset=NAME`.
    pub content_type: Option<String>,
    /// `claim-gzip`: `Content-Encoding: gzip` on bytes that are not.
    pub claim_gzip: bool,
    /// `header=NAME: VALUE` (repeatable).
    pub headers: Vec<(String, String)>,
    /// `times=N`: only the first N answers; settings only.
    pub times: Option<u32>,
}

/// How an answer ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// As it should.
    #[default]
    Well,
    /// `cut=BYTES`: a `Content-Length` of the whole, then FIN after so many bytes of the body.
    Cut(usize),
    /// `cut-chunked=BYTES`: chunked, then FIN without the last chunk.
    CutChunked(usize),
    /// `stall=BYTES`: so many bytes of the body, then silence on an open connection.
    Stall(usize),
    /// `reset`: RST before any byte.
    Reset,
    /// `reset-after=BYTES`: RST after so many bytes of the body.
    ResetAfter(usize),
    /// `hang`: the request is read and never answered.
    Hang,
}

/// What stands in the body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Body {
    /// What belongs there.
    #[default]
    Own,
    /// `empty`: nothing.
    Empty,
    /// `garbage`: HTML where JSON was due, bytes of no meaning where HTML was due; the type stays.
    Garbage,
    /// `body=TEXT`: that text.
    Text(String),
    /// `size=BYTES`: exactly so many: well-formed JSON or HTML, padded.
    Padded(usize),
}

/// Why a fault could not be read; says which words there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadFault(String);

impl fmt::Display for BadFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "`{}` is no fault; write some of delay=MS, headers-delay=MS, body-delay=MS, trickle=MS, pause=BYTES@MS, \
             cut=BYTES, cut-chunked=BYTES, stall=BYTES, reset, reset-after=BYTES, hang, status=CODE, executed, garbage, empty, \
             size=BYTES, no-content-type, content-type=VALUE, charset=NAME, claim-gzip, header=NAME: VALUE, times=N, body=TEXT \
             (last), joined by `;`",
            self.0
        )
    }
}

impl std::error::Error for BadFault {}

impl Fault {
    /// Reads the words, joined by `;`. `body=` takes the rest of the line. Empty: no fault.
    ///
    /// # Errors
    /// The first part that is no fault.
    pub fn parse(words: &str) -> Result<Self, BadFault> {
        let mut fault = Self::default();
        let mut rest = words.trim();
        while !rest.is_empty() {
            if let Some(text) = rest.strip_prefix("body=") {
                fault.body = Body::Text(text.to_owned());
                break;
            }
            let (part, tail) = rest.split_once(';').unwrap_or((rest, ""));
            fault
                .add(part.trim())
                .ok_or_else(|| BadFault(part.trim().to_owned()))?;
            rest = tail.trim_start();
        }
        Ok(fault)
    }

    /// Whether the answer leaves as it is.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self
            == Self {
                times: self.times,
                ..Self::default()
            }
    }

    fn add(&mut self, part: &str) -> Option<()> {
        let (word, value) = part.split_once('=').unwrap_or((part, ""));
        match (word.trim(), value.trim()) {
            ("", "") => {}
            ("delay" | "headers-delay", ms) => self.delay_ms = ms.parse().ok()?,
            ("body-delay", ms) => self.body_delay_ms = ms.parse().ok()?,
            ("trickle", ms) => self.trickle_ms = Some(ms.parse().ok()?),
            ("pause", value) => {
                let (bytes, ms) = value.split_once('@')?;
                self.pause = Some((bytes.trim().parse().ok()?, ms.trim().parse().ok()?));
            }
            ("cut", bytes) => self.ending = Ending::Cut(bytes.parse().ok()?),
            ("cut-chunked", bytes) => self.ending = Ending::CutChunked(bytes.parse().ok()?),
            ("stall", bytes) => self.ending = Ending::Stall(bytes.parse().ok()?),
            ("reset", "") => self.ending = Ending::Reset,
            ("reset-after", bytes) => self.ending = Ending::ResetAfter(bytes.parse().ok()?),
            ("hang", "") => self.ending = Ending::Hang,
            ("status", code) => {
                self.status = Some(
                    code.parse()
                        .ok()
                        .filter(|code| (200..=999).contains(code))?,
                )
            }
            ("executed", "") => self.executed = true,
            ("garbage", "") => self.body = Body::Garbage,
            ("empty", "") => self.body = Body::Empty,
            ("size", bytes) => self.body = Body::Padded(bytes.parse().ok()?),
            ("no-content-type", "") => self.no_content_type = true,
            ("content-type", value) => self.content_type = Some(value.to_owned()),
            ("charset", name) => {
                // After `content-type=` its parameter, which the `;` has cut off; alone, another charset.
                let media_type = self
                    .content_type
                    .take()
                    .unwrap_or_else(|| "text/html".to_owned());
                self.content_type = Some(format!("{media_type}; charset={name}"));
            }
            ("claim-gzip", "") => self.claim_gzip = true,
            ("header", value) => {
                let (name, value) = value.split_once(':')?;
                self.headers
                    .push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
            }
            ("times", n) => self.times = Some(n.parse().ok()?),
            _ => return None,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_combine_and_spaces_do_not_matter() {
        let fault = Fault::parse(" delay=300 ; status=503; header=Retry-After: 5 ;").unwrap();
        assert_eq!(
            fault,
            Fault {
                delay_ms: 300,
                status: Some(503),
                headers: vec![("retry-after".into(), "5".into())],
                ..Fault::default()
            }
        );
    }

    #[test]
    fn a_literal_body_may_hold_semicolons() {
        let fault = Fault::parse("status=200;body={\"a\":\"b;c\"}").unwrap();
        assert_eq!(fault.body, Body::Text("{\"a\":\"b;c\"}".into()));
    }

    #[test]
    fn a_misspelt_or_half_written_fault_is_named() {
        for bad in [
            "dealy=3",
            "cut",
            "cut=-1",
            "reset=5",
            "pause=5",
            "status=20",
            "header=x",
        ] {
            let error = Fault::parse(&format!("delay=1;{bad}")).unwrap_err();
            assert!(error.to_string().contains(&format!("`{bad}`")), "{error}");
        }
    }

    #[test]
    fn no_words_are_no_fault() {
        assert!(Fault::parse("").unwrap().is_none());
        assert!(!Fault::parse("delay=1").unwrap().is_none());
    }
}
