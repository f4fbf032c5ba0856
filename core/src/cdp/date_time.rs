//! Dates and times as texts (ISO 8601, the extended format).
//!
//! In: a text. Out: whether it is a moment that the calendar knows, written as it is allowed here. It never reads more
//! than the text: what is sent stays as it was written.

use time::{Date, Month, Time};

/// What may stand behind the `T`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clock {
    /// `hh:mm`
    Minutes,
    /// `hh:mm:ss`, with or without a fraction.
    Seconds,
    /// `Z` or `±hh:mm` behind either.
    Zone,
}

/// `YYYY-MM-DDT` and one of the `allowed` clocks.
pub(crate) fn is_date_time(text: &str, allowed: &[Clock]) -> bool {
    let Some((date, clock)) = text.split_once('T') else {
        return false;
    };
    let zoned = allowed.contains(&Clock::Zone);
    let clock = if zoned {
        without_zone(clock)
    } else {
        Some(clock)
    };
    let Some(clock) = clock else { return false };
    let (clock, fraction) = match clock.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (clock, None),
    };
    let digits = |part: &str| (1..=9).contains(&part.len()) && all_digits(part);
    if !is_date(date) || !fraction.is_none_or(digits) {
        return false;
    }
    let mut parts = clock.split(':').map(|part| number::<u8>(part, 2));
    let (hour, minute, second) = (parts.next(), parts.next(), parts.next());
    let known = match second {
        None => allowed.contains(&Clock::Minutes) && fraction.is_none(),
        Some(_) => allowed.contains(&Clock::Seconds),
    };
    match (hour.flatten(), minute.flatten(), second.unwrap_or(Some(0))) {
        (Some(hour), Some(minute), Some(second)) => {
            known && parts.next().is_none() && Time::from_hms(hour, minute, second).is_ok()
        }
        _ => false,
    }
}

/// The clock without `Z` or an offset; `None` when the offset is none.
fn without_zone(clock: &str) -> Option<&str> {
    if let Some(clock) = clock.strip_suffix('Z') {
        return Some(clock);
    }
    let Some((clock, offset)) = clock.rsplit_once(['+', '-']) else {
        return Some(clock);
    };
    let (hours, minutes) = offset.split_once(':')?;
    let fits = number::<u8>(hours, 2)? < 24 && number::<u8>(minutes, 2)? < 60;
    fits.then_some(clock)
}

/// `YYYY-MM-DD`.
pub(crate) fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let year = parts.next().and_then(|part| number::<i32>(part, 4));
    let month = parts.next().and_then(|part| number::<u8>(part, 2));
    let day = parts.next().and_then(|part| number::<u8>(part, 2));
    match (year, month.map(Month::try_from), day, parts.next()) {
        (Some(year), Some(Ok(month)), Some(day), None) => {
            Date::from_calendar_date(year, month, day).is_ok()
        }
        _ => false,
    }
}

/// A number of exactly `digits` digits.
fn number<N: std::str::FromStr>(text: &str, digits: usize) -> Option<N> {
    (text.len() == digits && all_digits(text))
        .then(|| text.parse().ok())
        .flatten()
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}
