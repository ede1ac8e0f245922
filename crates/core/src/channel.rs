//! The way from a pipeline's task to its caller: bounded by records and by bytes.

use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError, mpsc};

pub(crate) struct Sender<T> {
    queue: mpsc::Sender<(T, OwnedSemaphorePermit)>,
    room: Arc<Semaphore>,
    bytes: u32,
}

pub(crate) struct Receiver<T> {
    queue: mpsc::Receiver<(T, OwnedSemaphorePermit)>,
}

/// Room for one item.
pub(crate) struct Slot<'a, T> {
    place: mpsc::Permit<'a, (T, OwnedSemaphorePermit)>,
    bytes: OwnedSemaphorePermit,
}

/// Why there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoRoom {
    /// The caller has not yet taken what is there.
    Full,
    /// The caller is gone.
    Gone,
}

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
    /// Room for an item of `weight` bytes, if there is any now.
    pub(crate) fn try_reserve(&self, weight: usize) -> Result<Slot<'_, T>, NoRoom> {
        let place = self.queue.try_reserve().map_err(|error| match error {
            TrySendError::Full(()) => NoRoom::Full,
            TrySendError::Closed(()) => NoRoom::Gone,
        })?;
        let bytes = Arc::clone(&self.room)
            .try_acquire_many_owned(self.weight(weight))
            .map_err(|error| match error {
                TryAcquireError::NoPermits => NoRoom::Full,
                TryAcquireError::Closed => NoRoom::Gone,
            })?;
        Ok(Slot { place, bytes })
    }

    /// Waits for room; none when the caller is gone. Nothing is lost when the future is dropped.
    pub(crate) async fn reserve(&self, weight: usize) -> Option<Slot<'_, T>> {
        let bytes = tokio::select! {
            bytes = Arc::clone(&self.room).acquire_many_owned(self.weight(weight)) => bytes.ok()?,
            () = self.queue.closed() => return None,
        };
        let place = self.queue.reserve().await.ok()?;
        Some(Slot { place, bytes })
    }

    /// Completes when the caller is gone.
    pub(crate) async fn closed(&self) {
        self.queue.closed().await;
    }

    fn weight(&self, weight: usize) -> u32 {
        u32::try_from(weight).unwrap_or(u32::MAX).clamp(1, self.bytes)
    }
}

impl<T> Slot<'_, T> {
    pub(crate) fn send(self, item: T) {
        self.place.send((item, self.bytes));
    }
}

impl<T> Receiver<T> {
    pub(crate) fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.queue
            .poll_recv(cx)
            .map(|item| item.map(|(item, _bytes)| item))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    async fn next(receiver: &mut Receiver<u32>) -> Option<u32> {
        poll_fn(|cx| receiver.poll_recv(cx)).await
    }

    fn full(sender: &Sender<u32>, weight: usize) -> bool {
        matches!(sender.try_reserve(weight), Err(NoRoom::Full))
    }

    #[tokio::test]
    async fn items_and_bytes_are_both_bounds() {
        let (sender, mut receiver) = bounded::<u32>(2, 100);
        sender.reserve(10).await.unwrap().send(1);
        sender.try_reserve(10).ok().unwrap().send(2);
        assert!(full(&sender, 10));
        assert_eq!(next(&mut receiver).await, Some(1));
        assert!(full(&sender, 95));
        assert!(!full(&sender, 90));
        assert_eq!(next(&mut receiver).await, Some(2));
        // Larger than everything, but alone.
        sender.reserve(1000).await.unwrap().send(3);
        assert!(full(&sender, 1));
        assert_eq!(next(&mut receiver).await, Some(3));
        drop(sender);
        assert_eq!(next(&mut receiver).await, None);
    }

    #[tokio::test]
    async fn a_waiting_sender_learns_that_the_caller_is_gone() {
        let (sender, receiver) = bounded::<u32>(10, 10);
        sender.reserve(10).await.unwrap().send(1);
        let waiting = tokio::spawn(async move {
            let gone = sender.reserve(10).await.is_none();
            sender.closed().await;
            gone && matches!(sender.try_reserve(1), Err(NoRoom::Gone))
        });
        tokio::task::yield_now().await;
        drop(receiver);
        assert!(waiting.await.unwrap());
    }
}
