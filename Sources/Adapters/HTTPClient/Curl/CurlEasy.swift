package import CCurl

/// The object that is notified when a transfer ends.
package protocol CurlTransferOwner: AnyObject {
    /// Called once on the loop, after the handle left the multi handle; its measurements can still be read.
    func transferFinished(_ code: CURLcode)
}

/// One libcurl easy handle, reusable, with its error text.
///
/// Not Sendable: confined to the loop of the `CurlMulti` that runs it.
package final class CurlEasy {
    /// The C handle.
    package let handle: UnsafeMutableRawPointer
    private let errorText: UnsafeMutablePointer<CChar>
    /// Whether a multi handle runs it.
    package internal(set) var isRunning = false
    /// Set by the multi handle while it runs the transfer, which keeps the owner alive.
    var owner: (any CurlTransferOwner)?

    /// nil when libcurl has no memory.
    package init?() {
        guard let handle = curl_easy_init() else { return nil }
        self.handle = handle
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.pointee = 0
        attach()
    }

    deinit {
        curl_easy_cleanup(handle)
        errorText.deallocate()
    }

    /// Resets every option.
    package func reset() {
        curl_easy_reset(handle)
        attach()
    }

    private func attach() {
        set(CURLOPT_ERRORBUFFER, pointer: errorText)
        // Invariant: the multi handle retains the easy handle from add to removal, the only time it reads this.
        set(CURLOPT_PRIVATE, pointer: Unmanaged.passUnretained(self).toOpaque())
    }

    /// libcurl's message about the last error; may be empty.
    package var message: String { String(cString: errorText) }

    /// Clears the error text before a transfer.
    package func clearMessage() { errorText.pointee = 0 }

    /// Sets a text option; libcurl copies it.
    @discardableResult
    package func set(_ option: CURLoption, _ value: String) -> CURLcode {
        sentinel_easy_set_string(handle, option, value)
    }

    /// Sets a number or a switch.
    @discardableResult
    package func set(_ option: CURLoption, _ value: Int) -> CURLcode { sentinel_easy_set_long(handle, option, value) }

    /// Sets a pointer option, which libcurl does not copy; nil unsets a text or list.
    @discardableResult
    package func set(_ option: CURLoption, pointer: UnsafeRawPointer?) -> CURLcode {
        sentinel_easy_set_pointer(handle, option, pointer)
    }

    /// Sets the request's body; libcurl copies it.
    package func setBody(_ bytes: UnsafeRawBufferPointer) {
        sentinel_easy_set_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count))
        // An empty buffer has a null address, which would mean "read the body from a callback".
        withUnsafePointer(to: UInt8(0)) { empty in
            _ = set(CURLOPT_COPYPOSTFIELDS, pointer: bytes.baseAddress ?? UnsafeRawPointer(empty))
        }
    }

    /// A number; 0 when libcurl has none.
    package func number(_ info: CURLINFO) -> Int {
        var value = 0
        return sentinel_easy_get_long(handle, info, &value) == CURLE_OK ? value : 0
    }

    /// A time since the transfer's start; zero when that point was not reached.
    package func microseconds(_ info: CURLINFO) -> Int64 {
        var value: curl_off_t = 0
        return sentinel_easy_get_offset(handle, info, &value) == CURLE_OK ? Int64(value) : 0
    }

    /// A text; nil when libcurl has none.
    package func text(_ info: CURLINFO) -> String? {
        var value: UnsafePointer<CChar>?
        guard sentinel_easy_get_string(handle, info, &value) == CURLE_OK, let value else { return nil }
        return String(cString: value)
    }
}
