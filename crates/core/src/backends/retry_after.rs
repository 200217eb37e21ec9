//! How long a server asks to be left alone (RFC 9110, section 10.2.3). Waits for nothing.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use syncline_protocol::Millis;

use crate::ports::HttpResponse;

/// No server is left alone for longer, in milliseconds: a day. Most likely it meant something else.
const MOST: u64 = 24 * 60 * 60 * 1_000;

/// The milliseconds to wait, where the response says so. A moment counts from the server's own `Date`, or else from `now`.
pub(super) fn retry_after(response: &HttpResponse, now: Millis) -> Option<u64> {
    let asked = response.header("retry-after")?.trim();
    let is_number = !asked.is_empty() && asked.bytes().all(|digit| digit.is_ascii_digit());
    let wait = match is_number {
        // More seconds than there are numbers for.
        true => asked.parse().map_or(MOST, |seconds: u64| seconds.saturating_mul(1_000)),
        false => {
            let until = httpdate::parse_http_date(asked).ok()?;
            let said = response.header("date").and_then(|date| httpdate::parse_http_date(date).ok());
            let from = said.or_else(|| moment(now))?;
            // A moment that is over asks for nothing.
            u64::try_from(until.duration_since(from).unwrap_or_default().as_millis()).unwrap_or(MOST)
        }
    };
    Some(wait.min(MOST))
}

fn moment(now: Millis) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_millis(u64::try_from(now.0).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(headers: &[(&str, &str)]) -> Option<u64> {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        // 1994-11-06 08:49:37 UTC, the date of the RFC's examples.
        let now = Millis(784_111_777_000);
        retry_after(&HttpResponse { status: 503, headers, body: Vec::new() }, now)
    }

    #[test]
    fn seconds_and_dates_are_understood_and_anything_else_is_not() {
        assert_eq!(wait(&[("retry-after", " 120 ")]), Some(120_000));
        assert_eq!(wait(&[("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT")]), Some(30_000));
        assert_eq!(wait(&[("retry-after", "Sun, 06 Nov 1994 08:49:07 GMT")]), Some(0));
        assert_eq!(wait(&[("retry-after", "soon")]), None);
        assert_eq!(wait(&[("retry-after", "-1")]), None);
        assert_eq!(wait(&[]), None);
    }

    #[test]
    fn a_date_counts_from_the_servers_own_clock() {
        let headers =
            [("retry-after", "Mon, 07 Nov 1994 00:00:10 GMT"), ("date", "Mon, 07 Nov 1994 00:00:00 GMT")];
        assert_eq!(wait(&headers), Some(10_000));
    }

    #[test]
    fn nobody_is_left_alone_for_years() {
        assert_eq!(wait(&[("retry-after", "99999999999999999999")]), Some(MOST));
        assert_eq!(wait(&[("retry-after", "9999999999")]), Some(MOST));
        assert_eq!(wait(&[("retry-after", "Sat, 06 Nov 2094 08:49:37 GMT")]), Some(MOST));
    }
}
