import Base
import Checks
import Datagrams
import Runtime
import Sockets

extension DNSExchange: StreamOwner {
    /// Connects to the server's addresses; after a truncated answer only to the address that sent it.
    func openStream() {
        // The stream has the same deadline.
        disarmTimer()
        let isSystem = server == nil
        var addresses = candidates.map(\.address)
        if report.wasTruncated, let server = report.server { addresses = [server.address] }
        guard let first = candidates.first else { return }
        var target = StreamTarget(host: server?.host ?? first.address.description, port: first.port)
        target.addresses = addresses
        if settings.options.transport == .tls {
            var tls = TLSOptions(name: settings.options.serverName ?? target.host)
            tls.verifies = settings.options.verifiesTLS
            tls.protocols = ["dot"]
            target.tls = tls
        }
        let stream = connection(isSystem)
        streamInUse = stream
        incoming.removeAll(keepingCapacity: true)
        stream.owner = self
        stream.open(target, deadline: deadline, limit: settings.options.timeout)
    }

    private func connection(_ isSystem: Bool) -> StreamConnection {
        if let known = isSystem ? systemStream : stream { return known }
        let made = StreamConnection(isSystem ? engine.systemStreams : engine.streams)
        if isSystem { systemStream = made } else { stream = made }
        return made
    }

    func closeStream() {
        streamInUse?.close()
        streamInUse = nil
    }

    private func noteTimes() {
        guard let stream = streamInUse else { return }
        report.phases.connect = stream.times.connect ?? report.phases.connect
        report.phases.tls = stream.times.tls ?? report.phases.tls
        if let text = stream.remoteAddress, let name = try? ServerName(text), let address = name.address {
            report.server = Endpoint(address, port: name.port ?? 0)
        }
        if settings.options.transport == .tls { report.certificate = stream.record.facts }
    }

    func streamOpened() {
        noteTimes()
        askedAt = .now
        DNSQuery.setIdentifier(UInt16.random(in: .min ... .max), in: &query)
        streamInUse?.write([UInt8(query.count >> 8), UInt8(query.count & 255)] + query)
    }

    func streamReceived(_ bytes: UnsafeRawBufferPointer) {
        // A server may send nothing before the query, and bytes after the one answer are ignored.
        incoming.append(contentsOf: bytes.prefix(65_537 - incoming.count))
        guard incoming.count >= 2 else { return }
        let size = Int(incoming[0]) << 8 | Int(incoming[1])
        guard incoming.count >= 2 + size else { return }
        let whole = incoming
        whole.withUnsafeBytes { take(UnsafeRawBufferPointer(rebasing: $0[2..<2 + size])) }
    }

    private func take(_ bytes: UnsafeRawBufferPointer) {
        do throws(DNSMessageError) {
            let message = try DNSMessage(bytes, to: query, questionEnd: questionEnd)
            guard message.identifier == UInt16(query[0]) << 8 | UInt16(query[1]) else { throw .notAnAnswer }
            // Over a stream an answer need not be truncated, so a truncated one is invalid.
            guard !message.isTruncated else { throw .short }
            answered(message, bytes, by: nil)
        } catch {
            malformed(error, bytes)
        }
    }

    func streamEnded() {
        let text = incoming.isEmpty ? "without an answer" : "before the answer was complete"
        fail(.answerClosed, .request, "\(report.server?.description ?? "the server") closed the connection \(text)")
    }

    func streamFailed(_ failure: Outcome.Failure) {
        noteTimes()
        end(failure)
    }
}
