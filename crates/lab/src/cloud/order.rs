//! Refusals on order.

use super::aadsts::Refusal;
use super::http::{Call, Reply, Service};

/// Makes the cloud answer the next requests that match as it is told to, instead of by what is asked.
#[derive(Debug, Clone)]
#[must_use = "an order does nothing until it is given to the cloud"]
pub struct Order {
    service: Service,
    method: Option<&'static str>,
    path: String,
    times: u32,
    answer: Answer,
}

#[derive(Debug, Clone)]
enum Answer {
    Status { code: u16, retry_after: Option<u32> },
    Aadsts(u32),
    Close,
}

impl Order {
    fn new(service: Service, answer: Answer) -> Self {
        Self {
            service,
            method: None,
            path: String::new(),
            times: 1,
            answer,
        }
    }

    /// Answer the next request with this status, in the words of the service.
    pub fn status(service: Service, code: u16) -> Self {
        Self::new(
            service,
            Answer::Status {
                code,
                retry_after: None,
            },
        )
    }

    /// Answer the next request for a token with this refusal.
    pub fn aadsts(number: u32) -> Self {
        Self::new(Service::Login, Answer::Aadsts(number))
    }

    /// Close the connection instead of an answer.
    pub fn close(service: Service) -> Self {
        Self::new(service, Answer::Close)
    }

    /// Send `Retry-After` with the status.
    pub fn retry_after(mut self, seconds: u32) -> Self {
        if let Answer::Status { retry_after, .. } = &mut self.answer {
            *retry_after = Some(seconds);
        }
        self
    }

    /// Only requests whose path contains this text.
    pub fn path(mut self, part: impl Into<String>) -> Self {
        self.path = part.into();
        self
    }

    /// Only requests of this method, in capitals.
    pub fn method(mut self, method: &'static str) -> Self {
        self.method = Some(method);
        self
    }

    /// So many requests instead of one.
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Whether it is for this request; counted down if it is.
    fn takes(&mut self, service: Service, call: &Call) -> bool {
        let takes = self.times > 0
            && self.service == service
            && self.method.is_none_or(|method| call.method == method)
            && call.path.contains(&self.path);
        if takes {
            self.times -= 1;
        }
        takes
    }
}

/// What an order wants done.
pub(crate) enum Ordered {
    Answer(Reply),
    Refuse(Refusal),
    Close,
}

/// The first order that takes the request.
pub(crate) fn ordered(orders: &mut Vec<Order>, service: Service, call: &Call) -> Option<Ordered> {
    orders.retain(|order| order.times > 0);
    let order = orders
        .iter_mut()
        .find_map(|order| order.takes(service, call).then(|| order.answer.clone()))?;
    Some(match order {
        Answer::Status { code, retry_after } => {
            let reply = service.words(code);
            Ordered::Answer(match retry_after {
                Some(seconds) => reply.with("retry-after", seconds.to_string()),
                None => reply,
            })
        }
        Answer::Aadsts(number) => Ordered::Refuse(Refusal::ordered(number)),
        Answer::Close => Ordered::Close,
    })
}
