//! The page: one file, put together from its parts when this crate is compiled.

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

/// The script of the page, in the order of its parts.
macro_rules! script {
    () => {
        concat!(
            include_str!("page/1_base.js"),
            include_str!("page/2_model.js"),
            include_str!("page/3_rows.js"),
            include_str!("page/4_detail.js"),
            include_str!("page/5_line.js"),
            include_str!("page/6_net.js"),
            include_str!("page/7_main.js"),
        )
    };
}

/// The whole page.
const PAGE: &str = concat!(
    include_str!("page/head.html"),
    "<style>",
    include_str!("page/style.css"),
    "</style>",
    include_str!("page/body.html"),
    "<script>",
    script!(),
    "</script></body></html>\n",
);

#[cfg(test)]
const SCRIPT: &str = script!();

/// The content security policy of all answers. It allows the script and the style of the page by their
/// hashes, connections to this server, and nothing else.
pub(crate) const POLICY: &str = concat!(
    "default-src 'none'; script-src 'sha256-",
    include_str!("page/script.sha256"),
    "'; style-src 'sha256-",
    include_str!("page/style.sha256"),
    "'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
);

/// Answers with the page.
pub(crate) async fn page() -> Response {
    ([(CONTENT_TYPE, "text/html; charset=utf-8")], PAGE).into_response()
}

#[cfg(test)]
mod tests;
