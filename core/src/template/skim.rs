//! Reads past what no component is in, many times faster than a parser, and tells the parser in a few bytes what it missed.
//!
//! In: bytes of a body that begin outside of any tag, and the offset of a mark in them. Out: how far they could be read, and a
//! digest: the end tags of elements that were open before, and the start tags of those that still are. A parser that reads the
//! digest knows what it would know had it read the bytes. It never decides about a mark, and gives up (the parser then reads
//! everything) wherever the meaning of what follows depends on more than the tags in front of it.

use memchr::memmem;

use super::tag_end::{TagEnd, tag_end};

/// What was read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Skimmed {
    /// So many bytes, up to the beginning of a tag.
    pub(super) len: usize,
    /// Stands for them.
    pub(super) digest: Vec<u8>,
    /// How it ended.
    pub(super) end: End,
}

/// Why no more was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum End {
    /// The start tag with the mark begins; it ends after so many bytes more, if that is known, and what follows it is markup.
    Mark(Option<usize>),
    /// The mark is in a comment, a script or the like; look for the next one from here.
    Past,
    /// Not all of what begins here has come.
    #[default]
    Unfinished,
    /// What begins here is more than a skim can tell.
    Lost,
}

/// What an element's name says of what follows its start tag.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Markup, and the element is open.
    Open,
    /// Markup, and the element is never open (lol_html's list).
    Void,
    /// Text, up to its end tag.
    Text,
    /// A picture.
    Picture,
    /// A list of choices.
    Choices,
    /// More than a skim can tell.
    Untold,
}

/// The kind of the element of this name, in lower case.
fn kind(name: &[u8]) -> Kind {
    match name {
        b"area" | b"base" | b"basefont" | b"bgsound" | b"br" | b"col" | b"embed" | b"hr"
        | b"img" | b"input" | b"keygen" | b"link" | b"meta" | b"param" | b"source" | b"track"
        | b"wbr" => Kind::Void,
        b"iframe" | b"noembed" | b"noframes" | b"noscript" | b"script" | b"style" | b"textarea"
        | b"title" | b"xmp" => Kind::Text,
        b"svg" => Kind::Picture,
        b"select" => Kind::Choices,
        b"body" | b"frameset" | b"head" | b"html" | b"math" | b"plaintext" => Kind::Untold,
        _ => Kind::Open,
    }
}

/// Elements in a picture that end it, in which there is HTML again, or that mean more than themselves.
const NOT_IN_SVG: [&[u8]; 50] = [
    b"b",
    b"big",
    b"blockquote",
    b"body",
    b"br",
    b"center",
    b"code",
    b"dd",
    b"div",
    b"dl",
    b"dt",
    b"em",
    b"embed",
    b"font",
    b"foreignobject",
    b"frameset",
    b"h1",
    b"h2",
    b"h3",
    b"h4",
    b"h5",
    b"h6",
    b"head",
    b"hr",
    b"i",
    b"img",
    b"li",
    b"listing",
    b"math",
    b"menu",
    b"meta",
    b"nobr",
    b"ol",
    b"p",
    b"pre",
    b"ruby",
    b"s",
    b"select",
    b"small",
    b"span",
    b"strike",
    b"strong",
    b"sub",
    b"sup",
    b"svg",
    b"table",
    b"template",
    b"tt",
    b"ul",
    b"var",
];
/// What may be in a list of choices.
const IN_SELECT: [&[u8]; 3] = [b"hr", b"optgroup", b"option"];
/// Longest name that is looked up in a list.
const LONGEST: usize = 13;

/// Reads `bytes` up to the start tag in which `mark` lies.
pub(super) fn skim(bytes: &[u8], mark: usize) -> Skimmed {
    let mut skim = Skim {
        bytes,
        at: 0,
        open: Vec::new(),
        digest: Vec::new(),
    };
    let end = loop {
        // Whatever begins behind the mark does not contain it.
        if skim.at >= mark {
            break End::Past;
        }
        match skim.step(mark) {
            Ok(to) => skim.at = to,
            Err(end) => break end,
        }
    };
    skim.tell_open();
    Skimmed {
        len: skim.at,
        digest: skim.digest,
        end,
    }
}

struct Skim<'b> {
    bytes: &'b [u8],
    /// Everything before is read.
    at: usize,
    /// Names of the elements that are open and not in the digest.
    open: Vec<&'b [u8]>,
    digest: Vec<u8>,
}

/// A tag's name and end.
struct Tag<'b> {
    name: &'b [u8],
    end: TagEnd,
}

impl<'b> Skim<'b> {
    /// Reads the next token, and the text before it; gives its end. When it cannot be read, `at` is where it begins.
    fn step(&mut self, mark: usize) -> Result<usize, End> {
        let Some(start) = find(self.bytes, self.at, |rest| memchr::memchr(b'<', rest)) else {
            // A mark outside of any tag is text.
            return Ok(self.bytes.len());
        };
        if start >= mark {
            return Ok(start);
        }
        self.at = start;
        let rest = self.bytes.get(start..).unwrap_or_default();
        match rest {
            [_, b'!', ..] => Ok(start + declaration(rest)?),
            [_, b'?', ..] => Ok(start + closed(rest)?),
            [_, b'/', first, ..] if first.is_ascii_alphabetic() => self.end_tag(start),
            [_, b'/', _, ..] => Ok(start + closed(rest)?),
            [_, first, ..] if first.is_ascii_alphabetic() => self.start_tag(start, mark),
            [_, b'/'] | [_] => Err(End::Unfinished),
            _ => Ok(start + 1),
        }
    }

    fn start_tag(&mut self, start: usize, mark: usize) -> Result<usize, End> {
        let read = self.tag(start + 1);
        let name = match &read {
            Ok(tag) => tag.name,
            Err(_) => name_of(self.bytes.get(start + 1..).unwrap_or_default()),
        };
        let mut lower = [0; LONGEST];
        let kind = lowered(name, &mut lower).map_or(Kind::Open, kind);
        let has_mark = read.as_ref().map_or(true, |tag| mark <= tag.end.at);
        if has_mark && matches!(kind, Kind::Picture | Kind::Choices | Kind::Untold) {
            return Err(End::Lost);
        }
        let Ok(tag) = read else {
            return Err(End::Mark(None));
        };
        if has_mark {
            return Err(End::Mark(
                (kind != Kind::Text).then_some(tag.end.at - start),
            ));
        }
        if kind == Kind::Untold || !is_plain(tag.name) {
            return Err(End::Lost);
        }
        // A mark in it is the parser's.
        let without_mark =
            |end: Result<usize, End>| end.ok().filter(|end| *end < mark).ok_or(End::Lost);
        match kind {
            Kind::Text => self.text(tag.name, tag.end.at),
            Kind::Picture => without_mark(self.picture(&tag)),
            Kind::Choices => without_mark(self.choices(tag.end.at)),
            Kind::Open => {
                self.open.push(tag.name);
                Ok(tag.end.at)
            }
            Kind::Void | Kind::Untold => Ok(tag.end.at),
        }
    }

    fn end_tag(&mut self, start: usize) -> Result<usize, End> {
        let tag = self.tag(start + 2)?;
        if !is_plain(tag.name) {
            return Err(End::Lost);
        }
        let same = |open: &&[u8]| open.eq_ignore_ascii_case(tag.name);
        if let Some(index) = self.open.iter().rposition(same) {
            // To a browser, what follows is still inside of the template.
            let inside = self.open.get(index + 1..).unwrap_or_default();
            if inside
                .iter()
                .any(|name| name.eq_ignore_ascii_case(b"template"))
            {
                return Err(End::Lost);
            }
            self.open.truncate(index);
        } else {
            // Of an element that was open before, or of none: the parser knows.
            self.tell_open();
            self.digest.extend_from_slice(b"</");
            self.digest.extend_from_slice(tag.name);
            self.digest.push(b'>');
        }
        Ok(tag.end.at)
    }

    /// The element's text, and its end tag.
    fn text(&self, name: &[u8], from: usize) -> Result<usize, End> {
        let mut at = from;
        loop {
            let close =
                find(self.bytes, at, |rest| memmem::find(rest, b"</")).ok_or(End::Unfinished)?;
            let named = close + 2;
            let end = named + name.len();
            at = named;
            let Some(found) = self.bytes.get(named..end) else {
                return Err(End::Unfinished);
            };
            if !found.eq_ignore_ascii_case(name) {
                continue;
            }
            match self.bytes.get(end) {
                None => return Err(End::Unfinished),
                Some(b' ' | b'\t' | b'\n' | b'\r' | 0x0C | b'/' | b'>') => {}
                Some(_) => continue,
            }
            let text = self.bytes.get(from..close).unwrap_or_default();
            if name.eq_ignore_ascii_case(b"script") && may_nest(text) {
                return Err(End::Lost);
            }
            return Ok(self.tag(named)?.end.at);
        }
    }

    /// An `<svg>` up to its end tag.
    fn picture(&self, tag: &Tag<'_>) -> Result<usize, End> {
        if tag.end.self_closing {
            return Err(End::Lost);
        }
        let mut open: Vec<&[u8]> = Vec::new();
        let mut at = tag.end.at;
        loop {
            let start =
                find(self.bytes, at, |rest| memchr::memchr(b'<', rest)).ok_or(End::Unfinished)?;
            let rest = self.bytes.get(start..).unwrap_or_default();
            at = match rest {
                [_, b'!', b'[', ..] => return Err(End::Lost),
                [_, b'!', ..] => start + declaration(rest)?,
                [_, b'?', ..] => start + closed(rest)?,
                [_, b'/', first, ..] if first.is_ascii_alphabetic() => {
                    let tag = self.tag(start + 2)?;
                    if tag.name.eq_ignore_ascii_case(b"svg") {
                        return Ok(tag.end.at);
                    }
                    let same = |open: &&[u8]| open.eq_ignore_ascii_case(tag.name);
                    // Anything else could end what is around the picture.
                    let index = open.iter().rposition(same).ok_or(End::Lost)?;
                    open.truncate(index);
                    tag.end.at
                }
                [_, b'/', _, ..] => start + closed(rest)?,
                [_, first, ..] if first.is_ascii_alphabetic() => {
                    let tag = self.tag(start + 1)?;
                    let mut lower = [0; LONGEST];
                    let name = lowered(tag.name, &mut lower);
                    if !is_plain(tag.name)
                        || name.is_some_and(|name| NOT_IN_SVG.binary_search(&name).is_ok())
                    {
                        return Err(End::Lost);
                    }
                    if tag.end.self_closing {
                        tag.end.at
                    } else if matches!(name, Some(b"title" | b"desc")) {
                        self.only_text(tag.name, tag.end.at)?
                    } else {
                        open.push(tag.name);
                        tag.end.at
                    }
                }
                [_, b'/'] | [_] => return Err(End::Unfinished),
                _ => start + 1,
            };
        }
    }

    /// The title of a picture: HTML, as long as there is none in it.
    fn only_text(&self, name: &[u8], from: usize) -> Result<usize, End> {
        let start =
            find(self.bytes, from, |rest| memchr::memchr(b'<', rest)).ok_or(End::Unfinished)?;
        match self.bytes.get(start + 1..start + 3) {
            None => Err(End::Unfinished),
            Some([b'/', first]) if first.is_ascii_alphabetic() => {
                let tag = self.tag(start + 2)?;
                let own = tag.name.eq_ignore_ascii_case(name);
                own.then_some(tag.end.at).ok_or(End::Lost)
            }
            Some(_) => Err(End::Lost),
        }
    }

    /// A `<select>` up to its end tag.
    fn choices(&self, from: usize) -> Result<usize, End> {
        let mut at = from;
        loop {
            let start =
                find(self.bytes, at, |rest| memchr::memchr(b'<', rest)).ok_or(End::Unfinished)?;
            let rest = self.bytes.get(start..).unwrap_or_default();
            at = match rest {
                [_, b'!', ..] => start + declaration(rest)?,
                [_, b'/', first, ..] | [_, first, ..] if first.is_ascii_alphabetic() => {
                    let ends = rest.get(1) == Some(&b'/');
                    let tag = self.tag(start + 1 + usize::from(ends))?;
                    if ends && tag.name.eq_ignore_ascii_case(b"select") {
                        return Ok(tag.end.at);
                    }
                    let mut lower = [0; LONGEST];
                    let name = lowered(tag.name, &mut lower).ok_or(End::Lost)?;
                    if IN_SELECT.binary_search(&name).is_err() {
                        return Err(End::Lost);
                    }
                    tag.end.at
                }
                [_, b'/'] | [_] => return Err(End::Unfinished),
                [_, b'/' | b'?', ..] => return Err(End::Lost),
                _ => start + 1,
            };
        }
    }

    /// The tag whose name begins at `from`.
    fn tag(&self, from: usize) -> Result<Tag<'b>, End> {
        let rest = self.bytes.get(from..).unwrap_or_default();
        let end = tag_end(rest).ok_or(End::Unfinished)?;
        Ok(Tag {
            name: name_of(rest),
            end: TagEnd {
                at: from + end.at,
                ..end
            },
        })
    }

    /// Puts the open elements into the digest: from here on they are the parser's.
    fn tell_open(&mut self) {
        for name in self.open.drain(..) {
            self.digest.push(b'<');
            self.digest.extend_from_slice(name);
            self.digest.push(b'>');
        }
    }
}

/// As `find` finds it in `bytes` from `from` on.
fn find(bytes: &[u8], from: usize, find: impl Fn(&[u8]) -> Option<usize>) -> Option<usize> {
    find(bytes.get(from..)?).map(|at| from + at)
}

/// Length of what ends at the next `>`.
fn closed(rest: &[u8]) -> Result<usize, End> {
    let end = find(rest, 2, |rest| memchr::memchr(b'>', rest)).ok_or(End::Unfinished)?;
    Ok(end + 1)
}

/// Length of a comment, or of another declaration, that begins `rest`.
fn declaration(rest: &[u8]) -> Result<usize, End> {
    match rest {
        [_, _] | [_, _, b'-'] => return Err(End::Unfinished),
        [_, _, b'-', b'-', ..] => {}
        _ => return closed(rest),
    }
    match rest.get(4..) {
        Some([b'>', ..]) => return Ok(5),
        Some([b'-', b'>', ..]) => return Ok(6),
        _ => {}
    }
    let mut at = 4;
    loop {
        let dashes = find(rest, at, |rest| memmem::find(rest, b"--")).ok_or(End::Unfinished)?;
        let after = rest.get(dashes + 2..).unwrap_or_default();
        match after {
            [b'>', ..] => return Ok(dashes + 3),
            [b'!', b'>', ..] => return Ok(dashes + 4),
            _ => at = dashes + 1,
        }
    }
}

/// Whether a script could contain an end tag that does not end it (HTML Standard §13.2.5.27 and the states before it).
fn may_nest(script: &[u8]) -> bool {
    memmem::find(script, b"<!--").is_some()
        && memchr::memchr_iter(b'<', script).any(|at| {
            script
                .get(at + 1..at + 7)
                .is_some_and(|name| name.eq_ignore_ascii_case(b"script"))
        })
}

/// The name that begins `bytes`.
fn name_of(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|byte| ends_name(*byte));
    bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default()
}

fn ends_name(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0C | b'/' | b'>')
}

/// A name that is the same to every reader.
fn is_plain(name: &[u8]) -> bool {
    name.iter()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b':' | b'_'))
}

fn lowered<'l>(name: &[u8], lower: &'l mut [u8; LONGEST]) -> Option<&'l [u8]> {
    let lower = lower.get_mut(..name.len())?;
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    Some(lower)
}

#[cfg(test)]
mod tests;
