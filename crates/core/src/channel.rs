//! The way from a pipeline's task to its caller: bounded by records and by bytes.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

pub(crate) struct Sender<T> {
    queue: mpsc::Sender<(T, OwnedSemaphorePermit)>,
    room: Arc<Semaphore>,
    bytes: u32,
}

pub(crate) struct Receiver<T> {
    queue: mpsc::Receiver<(T, OwnedSemaphorePermit)>,
}

/// The caller is gone.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Gone;

/// A queue of at most `items` items with together `bytes` bytes. A larger item passes when it is alone.
pub(crate) fn bounded<T>(items: usize, bytes: usize) -> (Sender<T>, Receiver<T>) {
    let bytes = u32::try_from(bytes.max(1)).unwrap_or(u32::MAX).min(u32::MAX >> 3);
    let (queue, receiver) = mpsc::channel(items.max(1));
    (
        Sender {
            queue,
            room: Arc::new(Semaphore::new(bytes as usize)),
            bytes,
        },
        Receiver { queue: receiver },
    )
}

impl<T> Sender<T> {
    /// Waits until there is room.
    pub(crate) async fn send(&self, item: T, weight: usize) -> Result<(), Gone> {
        let weight = u32::try_from(weight).unwrap_or(u32::MAX).clamp(1, self.bytes);
        let permit = tokio::select! {
            permit = Arc::clone(&self.room).acquire_many_owned(weight) => permit.map_err(|_| Gone)?,
            () = self.queue.closed() => return Err(Gone),
        };
        self.queue.send((item, permit)).await.map_err(|_| Gone)
    }

    /// Completes when the caller is gone.
    pub(crate) async fn closed(&self) {
        self.queue.closed().await;
    }
}

impl<T> Receiver<T> {
    pub(crate) fn poll_recv(&mut self, cx: &mut std::task::Context<'_>) -> std::task::Poll<Option<T>> {
        self.queue
            .poll_recv(cx)
            .map(|item| item.map(|(item, _permit)| item))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use super::*;

    async fn next<T>(receiver: &mut Receiver<T>) -> Option<T> {
        poll_fn(|cx| receiver.poll_recv(cx)).await
    }

    async fn is_full(sender: &Sender<u32>, weight: usize) -> bool {
        tokio::time::timeout(Duration::from_millis(20), sender.send(0, weight))
            .await
            .is_err()
    }

    #[tokio::test]
    async fn items_and_bytes_are_both_bounds() {
        let (sender, mut receiver) = bounded::<u32>(2, 100);
        sender.send(1, 10).await.unwrap();
        sender.send(2, 10).await.unwrap();
        assert!(is_full(&sender, 10).await);
        assert_eq!(next(&mut receiver).await, Some(1));
        assert!(is_full(&sender, 95).await);
        assert_eq!(next(&mut receiver).await, Some(2));
        // Larger than everything, but alone.
        sender.send(3, 1000).await.unwrap();
        assert!(is_full(&sender, 1).await);
        assert_eq!(next(&mut receiver).await, Some(3));
        drop(sender);
        assert_eq!(next(&mut receiver).await, None);
    }

    #[tokio::test]
    async fn a_waiting_sender_learns_that_the_caller_is_gone() {
        let (sender, receiver) = bounded::<u32>(10, 10);
        sender.send(1, 10).await.unwrap();
        let waiting = tokio::spawn(async move { (sender.send(2, 10).await, sender.closed().await) });
        tokio::task::yield_now().await;
        drop(receiver);
        assert_eq!(waiting.await.unwrap().0, Err(Gone));
    }
}
