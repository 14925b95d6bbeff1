package import Checks
package import HTTPClient
package import Runtime

/// The state that all streams of one loop share: the resolver, the authorities, the receive buffer.
///
/// Not Sendable: create, use and close it on its loop.
package final class StreamContext {
    package let loop: EventLoop
    package let configuration: ProbeConfiguration
    package let resolver: Resolver
    let trust = TrustStore()
    /// One buffer for all streams: received bytes are handled before anything else is read.
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16_384, alignment: 16)
    private(set) lazy var tls = TLSContext()

    /// Call on the loop.
    package init(loop: EventLoop, configuration: ProbeConfiguration) {
        loop.preconditionInLoop()
        self.loop = loop
        self.configuration = configuration
        resolver = Resolver(loop: loop)
    }

    deinit { buffer.deallocate() }

    /// Ends every lookup; close the streams first.
    package func close() { resolver.close() }
}
