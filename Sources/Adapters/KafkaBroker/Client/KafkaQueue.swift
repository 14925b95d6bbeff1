import Broker
import CLinux
import CRDKafka
import Glibc
import Runtime

/// A queue of librdkafka whose first entry wakes an event loop; not `Sendable`: confined to the loop.
final class KafkaQueue {
    let pointer: OpaquePointer  // rd_kafka_queue_t *
    private let handle: KafkaHandle
    private let loop: EventLoop
    private let descriptor: Int32
    private var registration: EventLoop.Registration?

    /// Takes over the queue; `ready` is called on the loop when an empty queue got an entry.
    ///
    /// Throws `.unavailable` when there is no descriptor left.
    init(
        _ pointer: OpaquePointer?,
        of handle: KafkaHandle,
        on loop: EventLoop,
        ready: @escaping () -> Void
    ) throws(BrokerError) {
        guard let pointer else { throw .unavailable(reason: "no memory for a queue of Kafka's client") }
        (self.pointer, self.handle, self.loop) = (pointer, handle, loop)
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        let descriptor = descriptor
        do throws(Errno) {
            guard descriptor >= 0 else { throw Errno("eventfd") }
            registration = try loop.register(descriptor, .read) { _ in
                var count: UInt64 = 0
                eventfd_read(descriptor, &count)
                ready()
            }
        } catch {
            if descriptor >= 0 { Glibc.close(descriptor) }
            rd_kafka_queue_destroy(pointer)
            throw .unavailable(reason: "Kafka's client cannot be watched: \(error)")
        }
        // An eventfd takes numbers of eight bytes; librdkafka copies the payload.
        var one: UInt64 = 1
        rd_kafka_queue_io_event_enable(pointer, descriptor, &one, MemoryLayout<UInt64>.size)
        // What the queue has got already wakes nobody.
        eventfd_write(descriptor, 1)
    }

    /// The next event; nil when the queue is empty.
    ///
    /// The body may not keep it.
    func poll() -> KafkaEvent? { rd_kafka_queue_poll(pointer, 0).map(KafkaEvent.init) }

    /// Ends the watch; call once, on the loop, before the handle is closed.
    func close() {
        rd_kafka_queue_io_event_enable(pointer, -1, nil, 0)
        if let registration { loop.deregister(registration) }
        registration = nil
        Glibc.close(descriptor)
        rd_kafka_queue_destroy(pointer)
    }
}

/// One event of a queue; destroyed with the last reference.
final class KafkaEvent {
    let pointer: OpaquePointer  // rd_kafka_event_t *

    init(_ pointer: OpaquePointer) { self.pointer = pointer }
    deinit { rd_kafka_event_destroy(pointer) }

    var type: rd_kafka_event_type_t { use(rd_kafka_event_type) }
    var error: rd_kafka_resp_err_t { use(rd_kafka_event_error) }
    var isFatal: Bool {
        use { rd_kafka_event_type($0) == RD_KAFKA_EVENT_ERROR && rd_kafka_event_error_is_fatal($0) != 0 }
    }

    /// Whether it says that the login may not do what is asked for.
    var isRefusal: Bool {
        guard type == RD_KAFKA_EVENT_ERROR else { return false }
        return error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED
            || error == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED
            || error == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED
    }

    /// Whether it says that a topic is not there.
    var saysMissing: Bool { type == RD_KAFKA_EVENT_ERROR && error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART }

    /// Lends each message of the event.
    func messages(_ body: (UnsafePointer<rd_kafka_message_t>) -> Void) {
        use { pointer in
            while let message = rd_kafka_event_message_next(pointer) { body(message) }
        }
    }

    /// Lends the event to librdkafka.
    ///
    /// Invariant: the event lives until the body returns, also when this is its last use.
    func use<R>(_ body: (OpaquePointer) -> R) -> R { withExtendedLifetime(self) { body(pointer) } }
}
