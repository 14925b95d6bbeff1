import Base

/// What several tasks take their work from, one piece after another.
final class PreviewQueue<Piece: Sendable>: Sendable {
    private let pieces: [Piece]
    private let taken = Locked(0)

    init(_ pieces: [Piece]) { self.pieces = pieces }

    /// The next piece with its place; nil when all are taken.
    func next() -> (Int, Piece)? {
        let index = taken.withLock { taken in
            defer { taken += 1 }
            return taken
        }
        return index < pieces.count ? (index, pieces[index]) : nil
    }
}
