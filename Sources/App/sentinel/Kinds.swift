import Domain
import HTTPCheck
import PushCheck

/// The kinds of checks of this program: one line a kind.
enum Kinds {
    static let all = CheckKinds([
        HTTPKind.self,
        PushKind.self,
    ])
}
