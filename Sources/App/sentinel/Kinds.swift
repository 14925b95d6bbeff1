import DNSCheck
package import Domain
import HTTPCheck
import ICMPCheck
import PushCheck
import TCPCheck
import TLSCheck

/// The kinds of checks of this program: one line a kind.
package enum Kinds {
    package static let all = CheckKinds([
        HTTPKind.self,
        TCPKind.self,
        TLSKind.self,
        DNSKind.self,
        ICMPKind.self,
        PushKind.self,
    ])
}
