import CCurl

/// The callbacks of a running transfer, as closures.
///
/// Not Sendable: confined to the loop or thread of its handle; must live as long as the handle runs.
final class CurlCallbacks {
    /// A line of a response's header, or of a server's reply; false ends the transfer.
    var onHeader: ((UnsafeRawBufferPointer) -> Bool)?
    /// A piece of the body; false ends the transfer.
    var onBody: ((UnsafeRawBufferPointer) -> Bool)?
    /// Fills a buffer with bytes to send; 0 at the end.
    var onUpload: ((UnsafeMutableRawBufferPointer) -> Int)?
    /// Called at least once a second; false ends the transfer.
    var onProgress: (() -> Bool)?
    /// Opens a socket for an address; -1 refuses it.
    var onSocket: ((UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t)?
    /// A command that was sent to a server; it may hold a password.
    var onCommand: ((UnsafeRawBufferPointer) -> Void)?
    /// An SSL_CTX that a connection will use.
    var onContext: ((OpaquePointer) -> Void)?

    /// Registers the callbacks with a handle; call once after each reset.
    func attach(to easy: CurlEasy) {
        // Invariant: the owner keeps both, and removes the handle from its multi handle before it releases them.
        let me = Unmanaged.passUnretained(self).toOpaque()
        sentinel_easy_set_data_callback(easy.handle, CURLOPT_HEADERFUNCTION, headerArrived)
        easy.set(CURLOPT_HEADERDATA, pointer: me)
        sentinel_easy_set_data_callback(easy.handle, CURLOPT_WRITEFUNCTION, bodyArrived)
        easy.set(CURLOPT_WRITEDATA, pointer: me)
        sentinel_easy_set_open_callback(easy.handle, socketWanted)
        easy.set(CURLOPT_OPENSOCKETDATA, pointer: me)
        if onContext != nil {
            sentinel_easy_set_ssl_callback(easy.handle, contextMade)
            easy.set(CURLOPT_SSL_CTX_DATA, pointer: me)
        }
        if onProgress != nil {
            sentinel_easy_set_progress_callback(easy.handle, progressMade)
            easy.set(CURLOPT_XFERINFODATA, pointer: me)
        }
        if onCommand != nil {
            sentinel_easy_set_debug_callback(easy.handle, somethingHappened)
            easy.set(CURLOPT_DEBUGDATA, pointer: me)
            easy.set(CURLOPT_VERBOSE, 1)
        }
        guard onUpload != nil else { return }
        sentinel_easy_set_data_callback(easy.handle, CURLOPT_READFUNCTION, bytesWanted)
        easy.set(CURLOPT_READDATA, pointer: me)
    }
}

/// The object that a callback is for.
private func callbacks(_ raw: UnsafeMutableRawPointer) -> CurlCallbacks {
    // Invariant: libcurl calls only while the handle runs, and the object outlives the handle.
    Unmanaged<CurlCallbacks>.fromOpaque(raw).takeUnretainedValue()
}

private let socketWanted: sentinel_open_callback = { raw, _, wanted in
    guard let raw, let wanted else { return -1 }
    return callbacks(raw).onSocket?(wanted) ?? -1
}

private let contextMade: sentinel_ssl_callback = { _, context, raw in
    guard let raw, let context else { return CURLE_OK }
    callbacks(raw).onContext?(OpaquePointer(context))
    return CURLE_OK
}

private let headerArrived: sentinel_data_callback = { bytes, size, count, raw in
    guard let raw else { return 0 }
    let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return callbacks(raw).onHeader?(piece) ?? true ? piece.count : 0
}

private let bodyArrived: sentinel_data_callback = { bytes, size, count, raw in
    guard let raw else { return 0 }
    let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return callbacks(raw).onBody?(piece) ?? true ? piece.count : 0
}

private let progressMade: sentinel_progress_callback = { raw, _, _, _, _ in
    guard let raw else { return 1 }
    return callbacks(raw).onProgress?() ?? true ? 0 : 1
}

private let somethingHappened: sentinel_debug_callback = { _, kind, bytes, count, raw in
    guard let raw, kind == CURLINFO_HEADER_OUT else { return 0 }
    callbacks(raw).onCommand?(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}

private let bytesWanted: sentinel_data_callback = { bytes, size, count, raw in
    guard let raw else { return 0 }
    return callbacks(raw).onUpload?(UnsafeMutableRawBufferPointer(start: bytes, count: size * count)) ?? 0
}
