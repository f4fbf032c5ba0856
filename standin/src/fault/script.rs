//! In: a fault and the bytes of a body. Out: how they leave, step by step. No clock, no socket.

use bytes::Bytes;

use super::grammar::{Ending, Fault};

/// One step of a body on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// These bytes, as one write.
    Send(Bytes),
    /// These bytes one by one, so many milliseconds apart.
    Trickle(Bytes, u64),
    /// Nothing for so many milliseconds.
    Wait(u64),
    /// Nothing any more, on an open connection.
    Hang,
    /// FIN, whatever was promised.
    Close,
    /// RST.
    Reset,
}

/// Whether the body must be taken apart at all.
#[must_use]
pub fn shapes_body(fault: &Fault) -> bool {
    fault.body_delay_ms > 0
        || fault.trickle_ms.is_some()
        || fault.pause.is_some()
        || fault.ending != Ending::Well
}

/// The steps in order.
#[must_use]
pub fn steps(fault: &Fault, mut body: Bytes) -> Vec<Step> {
    let (limit, last) = match fault.ending {
        Ending::Cut(bytes) | Ending::CutChunked(bytes) => (bytes, Some(Step::Close)),
        Ending::Stall(bytes) => (bytes, Some(Step::Hang)),
        Ending::ResetAfter(bytes) => (bytes, Some(Step::Reset)),
        Ending::Reset => (0, Some(Step::Reset)),
        Ending::Hang => (0, Some(Step::Hang)),
        Ending::Well => (usize::MAX, None),
    };
    body.truncate(limit);
    let mut steps = Vec::new();
    if fault.body_delay_ms > 0 {
        steps.push(Step::Wait(fault.body_delay_ms));
    }
    if let Some((bytes, ms)) = fault.pause {
        let before = body.split_to(bytes.min(body.len()));
        push_bytes(&mut steps, fault, before);
        steps.push(Step::Wait(ms));
    }
    push_bytes(&mut steps, fault, body);
    steps.extend(last);
    steps
}

fn push_bytes(steps: &mut Vec<Step>, fault: &Fault, bytes: Bytes) {
    if bytes.is_empty() {
        return;
    }
    steps.push(match fault.trickle_ms {
        Some(ms) => Step::Trickle(bytes, ms),
        None => Step::Send(bytes),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(words: &str) -> Vec<Step> {
        steps(
            &Fault::parse(words).unwrap(),
            Bytes::from_static(b"0123456789"),
        )
    }

    #[test]
    fn a_cut_sends_exactly_the_bytes_before_it() {
        assert_eq!(script("cut=4"), [Step::Send("0123".into()), Step::Close]);
        assert_eq!(script("cut=0"), [Step::Close]);
        assert_eq!(
            script("reset-after=99"),
            [Step::Send("0123456789".into()), Step::Reset]
        );
    }

    #[test]
    fn pause_trickle_and_stall_combine() {
        assert_eq!(
            script("body-delay=5;pause=3@9;trickle=2;stall=6"),
            [
                Step::Wait(5),
                Step::Trickle("012".into(), 2),
                Step::Wait(9),
                Step::Trickle("345".into(), 2),
                Step::Hang
            ]
        );
    }
}
