//! Room to gather in what is not counted yet.

/// Vectors that are used again: whatever is gathered in one is then moved to a vector of just its size.
#[derive(Debug)]
pub(crate) struct Rooms<T>(Vec<Vec<T>>);

impl<T> Default for Rooms<T> {
    fn default() -> Self {
        Rooms(Vec::new())
    }
}

impl<T> Rooms<T> {
    /// Larger ones are not kept.
    const LARGEST: usize = 1024;
    /// No more are kept.
    const MOST: usize = 16;

    /// An empty vector, probably with capacity.
    pub(crate) fn take(&mut self) -> Vec<T> {
        self.0.pop().unwrap_or_default()
    }

    /// What was gathered. The room is kept for others.
    pub(crate) fn finish(&mut self, mut room: Vec<T>) -> Vec<T> {
        if room.capacity() > Self::LARGEST || self.0.len() >= Self::MOST {
            return room;
        }
        let exact = room.split_off(0);
        self.0.push(room);
        exact
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_are_used_again_unless_they_are_large() {
        let mut rooms = Rooms::default();
        let mut room = rooms.take();
        room.extend([1, 2, 3]);
        let gathered = rooms.finish(room);
        assert_eq!((gathered.as_slice(), gathered.capacity()), (&[1, 2, 3][..], 3));
        let mut room = rooms.take();
        assert!(room.is_empty() && room.capacity() >= 3);
        room.extend(0..2000);
        assert_eq!(rooms.finish(room).len(), 2000);
        assert_eq!(rooms.take().capacity(), 0);
    }
}
