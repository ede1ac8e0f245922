//! The pages of http.sys and IIS.

use hyper::StatusCode;

/// The page that http.sys shows for an error.
pub(crate) fn page(status: StatusCode) -> String {
    let reason = status.canonical_reason().unwrap_or("Error");
    let text = match status {
        StatusCode::NOT_FOUND => "The requested resource is not found.",
        StatusCode::METHOD_NOT_ALLOWED => "HTTP verb used to access this page is not allowed.",
        StatusCode::SERVICE_UNAVAILABLE => "The service is unavailable.",
        _ => "The request cannot be processed.",
    };
    format!(
        "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\"\"http://www.w3.org/TR/html4/strict.dtd\">\r\n\
         <HTML><HEAD><TITLE>{reason}</TITLE>\r\n\
         <META HTTP-EQUIV=\"Content-Type\" Content=\"text/html; charset=us-ascii\"></HEAD>\r\n\
         <BODY><h2>{reason}</h2>\r\n\
         <hr><p>HTTP Error {}. {text}</p>\r\n\
         </BODY></HTML>\r\n",
        status.as_u16()
    )
}

/// The page of a redirection.
pub(crate) fn moved(location: &str) -> String {
    format!(
        "<html><head><title>Object moved</title></head><body>\r\n\
         <h2>Object moved to <a href=\"{location}\">here</a>.</h2>\r\n\
         </body></html>\r\n"
    )
}
