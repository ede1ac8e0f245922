use crate::fragment::FragmentError;

/// What is wrong with an envelope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The body is not a SOAP envelope: a web page, a proxy's text, nothing at all.
    #[error("not a SOAP envelope: {found}")]
    NotSoap {
        /// What it is instead, in a few words.
        found: String,
    },
    /// The XML is broken or beyond the limits.
    #[error("the envelope is not well-formed: {0}")]
    Xml(#[from] psbridge_clixml::Error),
    /// More elements than an envelope may have.
    #[error("the envelope has more than {limit} elements")]
    TooManyElements {
        /// The limit.
        limit: usize,
    },
    /// An element that must be there is not.
    #[error("{element} is missing in {parent}")]
    Missing {
        /// The element.
        element: &'static str,
        /// Where it should be.
        parent: &'static str,
    },
    /// A header's value cannot be read. A server answers with fault 2150858767.
    #[error("invalid {header} in the SOAP header: {value}")]
    Header {
        /// Its local name.
        header: &'static str,
        /// Its text.
        value: String,
        /// Id of the request, for the answer.
        message_id: Option<String>,
    },
    /// The answer belongs to another request.
    #[error("the answer relates to {found}, but {expected} was asked")]
    RelatesTo {
        /// Id of the request.
        expected: String,
        /// Id in the answer.
        found: String,
    },
    /// The answer is not of the kind that was asked for.
    #[error("expected {expected}, but the answer is {found}")]
    Unexpected {
        /// The kind wanted.
        expected: &'static str,
        /// Local name of the body's first element, or `an empty body`.
        found: String,
    },
    /// Base64 is damaged.
    #[error(transparent)]
    Data(#[from] FragmentError),
}
