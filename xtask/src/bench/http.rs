//! HTTP/1.1 as far as this tool and workerd speak it with each other.
//!
//! In: a connection. Out: heads and bodies. It never guesses: what is not understood is an error.

use std::io::{self, BufRead, Read};

/// The head of a request or response.
pub struct Head {
    /// Request or status line.
    pub first: String,
    headers: Vec<(String, String)>,
}

impl Head {
    /// Reads a head; `None` when the other side closed the connection between two messages.
    ///
    /// # Errors
    /// When the connection breaks off inside a head.
    pub fn read(from: &mut impl BufRead) -> io::Result<Option<Self>> {
        let first = read_line(from)?;
        if first.is_empty() {
            return Ok(None);
        }
        let mut headers = Vec::new();
        loop {
            let line = read_line(from)?;
            match line.split_once(':') {
                Some((name, value)) => {
                    headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
                }
                None if line.is_empty() => return Ok(Some(Self { first, headers })),
                None => return Err(bad("a header line without a colon")),
            }
        }
    }

    /// The first value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(own, _)| own == name);
        header.map(|(_, value)| value.as_str())
    }

    /// The path of a request, or the status of a response: the second word of the first line.
    pub fn second_word(&self) -> &str {
        self.first.split(' ').nth(1).unwrap_or_default()
    }

    /// Reads the body behind this head and calls `first_byte` as soon as there is one.
    ///
    /// # Errors
    /// When it breaks off or is framed in no way that is known here.
    pub fn read_body(
        &self,
        from: &mut impl BufRead,
        mut first_byte: impl FnMut(),
    ) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        if let Some(length) = self.header("content-length") {
            let length: usize = length
                .parse()
                .map_err(|_| bad("a content length that is none"))?;
            if length > 0 {
                from.fill_buf()?;
                first_byte();
            }
            body.resize(length, 0);
            from.read_exact(&mut body)?;
            return Ok(body);
        }
        if self.header("transfer-encoding") != Some("chunked") {
            return Ok(body);
        }
        loop {
            let size = read_line(from)?;
            let size =
                usize::from_str_radix(&size, 16).map_err(|_| bad("a chunk without a size"))?;
            if size > 0 && body.is_empty() {
                from.fill_buf()?;
                first_byte();
            }
            let start = body.len();
            body.resize(start + size, 0);
            from.read_exact(&mut body[start..])?;
            read_line(from)?;
            if size == 0 {
                return Ok(body);
            }
        }
    }
}

fn read_line(from: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    from.take(MAX_LINE).read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Longer lines come from nobody here.
const MAX_LINE: u64 = 64 * 1024;

fn bad(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mut message: &[u8]) -> io::Result<Vec<u8>> {
        let head = Head::read(&mut message)?.expect("a head");
        head.read_body(&mut message, || ())
    }

    #[test]
    fn bodies_are_read_by_length_and_by_chunk() {
        let length = read(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc");
        assert_eq!(length.unwrap(), b"abc");
        let chunked =
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n";
        assert_eq!(read(chunked).unwrap(), b"abc");
    }

    #[test]
    fn a_body_that_breaks_off_is_an_error() {
        assert!(read(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc").is_err());
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n";
        assert!(read(chunked).is_err());
    }

    #[test]
    fn a_closed_connection_is_no_message() {
        assert!(Head::read(&mut &b""[..]).unwrap().is_none());
    }
}
