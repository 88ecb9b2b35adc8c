//! Tokens, addresses, hosts and origins.

use axum::http::HeaderValue;

use super::*;

const TOKEN: &str = "0123456789abcdef";
const ALICES: &str = "fedcba9876543210";

fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
    let value = |text: &str| HeaderValue::from_str(text).expect("a header's value");
    fields.iter().map(|(name, text)| (HeaderName::from_static(name), value(text))).collect()
}

fn bearer(token: &str) -> HeaderMap {
    headers(&[("authorization", &format!("Bearer {token}"))])
}

fn access() -> Access {
    let mut access = Access::default();
    access.add_token(TOKEN.to_owned());
    access.add_operator("alice".to_owned(), ALICES.to_owned());
    access
}

#[test]
fn a_token_opens_what_it_is_for() {
    let access = access();
    assert_eq!(access.visitor(&bearer(TOKEN)), Visitor::Reader);
    assert_eq!(access.visitor(&bearer(ALICES)), Visitor::Operator("alice".to_owned()));
    for wrong in ["", "0123456789abcde", "0123456789abcdef0", "0123456789abcdeF", "x"] {
        assert_eq!(access.visitor(&bearer(wrong)), Visitor::Unknown, "{wrong}");
    }
    for header in [TOKEN.to_owned(), format!("Basic {TOKEN}"), "Bearer".to_owned(), "é".to_owned()]
    {
        let headers = headers(&[("authorization", &header)]);
        assert_eq!(access.visitor(&headers), Visitor::Unknown, "{header}");
    }
    assert_eq!(access.visitor(&HeaderMap::new()), Visitor::Unknown);
}

#[test]
fn without_a_token_for_reading_all_may_read_and_operators_act() {
    let mut access = Access::default();
    assert_eq!(access.visitor(&HeaderMap::new()), Visitor::Reader);
    access.add_operator("alice".to_owned(), ALICES.to_owned());
    assert_eq!(access.visitor(&bearer(TOKEN)), Visitor::Reader);
    assert_eq!(access.visitor(&bearer(ALICES)), Visitor::Operator("alice".to_owned()));
}

#[test]
fn an_address_that_others_can_reach_needs_a_token_for_reading() {
    let address = |text: &str| text.parse::<SocketAddr>().expect("an address");
    let mut open = Access::default();
    for local in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
        assert_eq!(open.check_address(address(local)), Ok(()), "{local}");
    }
    open.add_operator("alice".to_owned(), ALICES.to_owned());
    for far in ["0.0.0.0:9000", "10.0.0.1:1", "[::]:1", "[2001:db8::1]:1", "[::ffff:10.0.0.1]:1"] {
        assert_eq!(open.check_address(address(far)), Err(AccessError::Open(address(far))));
        assert_eq!(access().check_address(address(far)), Ok(()));
    }
    let message = AccessError::Open(address("0.0.0.0:9000")).to_string();
    for part in ["0.0.0.0:9000", ".with_token(…)", "127.0.0.1", "Web::probes"] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn tokens_that_can_be_guessed_and_operators_without_names_are_refused() {
    assert_eq!(access().check(), Ok(()));
    let mut short = Access::default();
    short.add_token("secret".to_owned());
    assert_eq!(short.check(), Err(AccessError::ShortToken));
    let mut nameless = Access::default();
    nameless.add_operator(String::new(), ALICES.to_owned());
    assert_eq!(nameless.check(), Err(AccessError::NoName));
}

#[test]
fn no_token_is_printed() {
    let printed = format!("{:?}", access());
    assert!(!printed.contains(TOKEN) && !printed.contains(ALICES) && printed.contains("alice"));
}

#[test]
fn a_request_to_another_name_is_not_to_this_machine() {
    for host in
        ["localhost", "LOCALHOST:9000", "127.0.0.1:9000", "127.0.0.2", "[::1]:9000", "[::1]"]
    {
        assert!(is_to_loopback(&headers(&[("host", host)])), "{host}");
    }
    for host in [
        "evil.example",
        "evil.example:9000",
        "127.0.0.1.evil.example",
        "10.0.0.1",
        "[::2]",
        "",
        "[",
        "[::1",
        "localhost.evil",
    ] {
        assert!(!is_to_loopback(&headers(&[("host", host)])), "{host}");
    }
    assert!(is_to_loopback(&HeaderMap::new()));
}

#[test]
fn a_request_of_another_sites_page_is_known() {
    let host = ("host", "127.0.0.1:9000");
    assert!(is_from_same_origin(&headers(&[host])), "no browser");
    assert!(is_from_same_origin(&headers(&[host, ("origin", "http://127.0.0.1:9000")])));
    assert!(is_from_same_origin(&headers(&[host, ("sec-fetch-site", "same-origin")])));
    for origin in ["http://evil.example", "http://127.0.0.1:9001", "null", "", "127.0.0.1:9000"] {
        assert!(!is_from_same_origin(&headers(&[host, ("origin", origin)])), "{origin}");
    }
    for site in ["cross-site", "same-site", "x"] {
        assert!(!is_from_same_origin(&headers(&[host, ("sec-fetch-site", site)])), "{site}");
    }
}
