package import Base
package import Domain
package import HTTPClient

/// Tries once to send a message through a channel; keeps no state.
package struct Notifier: Sendable {
    private let catalog: ProviderCatalog
    private let client: HTTPClient
    private let timeLimit: Duration
    /// The limit for a mail server's reply to a whole mail; RFC 5321 §4.5.3.2.6 allows ten minutes.
    private let mailReplyLimit: Duration
    private let now: @Sendable () -> Timestamp
    private static let responseLimit = 64 << 10

    /// `timeLimit` limits one try, except for the reply to a mail; `now` is the time in signatures and mails.
    package init(
        catalog: ProviderCatalog,
        client: HTTPClient,
        timeLimit: Duration = .seconds(10),
        mailReplyLimit: Duration = .seconds(150),
        now: @escaping @Sendable () -> Timestamp = { .now }
    ) {
        self.catalog = catalog
        self.client = client
        self.timeLimit = timeLimit
        self.mailReplyLimit = mailReplyLimit
        self.now = now
    }

    /// Tries once to deliver a message; takes hardly longer than the time limit.
    ///
    /// When items are sent one by one, the outcome is the worst of theirs: another try repeats those that were
    /// accepted, which receivers recognize by their keys.
    package func send(_ message: AlertMessage, to channel: ChannelSettings) async -> DeliveryOutcome {
        guard let provider = catalog[channel.kind] else {
            return .refused(reason: unknown("kind", channel.kind, among: catalog.providers.map(\.kind)))
        }
        // What is stored was accepted by this release, or by a newer one with more settings.
        let newer = Set(catalog.unknownSettings(of: channel))
        if let fault = catalog.validate(channel, passingOver: newer).first {
            return .refused(reason: "the channel cannot be used: \(fault.field): \(fault.message)".truncated(300))
        }
        guard !message.items.isEmpty, let ready = try? ReadyChannel(provider, channel) else {
            return .refused(reason: "the message is empty")
        }
        let mask = SecretMask(provider, ready.values)
        switch provider.delivery {
        case .http(let template, let rule):
            let time = now()
            func requests(isPlain: Bool) -> [HTTPClientRequest] {
                RequestBuilder(ready, isPlain: isPlain).requests(message, template, now: time).map { request in
                    var request = request
                    (request.caFile, request.verifiesTLS) = (ready.caFile, ready.verifiesTLS)
                    return request
                }
            }
            let plain = rule.plain == nil ? [] : requests(isPlain: true)
            return mask.apply(await send(requests(isPlain: false), plain: plain, rule, provider.title))
        case .mail(let template):
            return mask.apply(await mail(message, ready, template))
        }
    }

    private func send(
        _ requests: [HTTPClientRequest],
        plain: [HTTPClientRequest],
        _ rule: ResponseRule,
        _ title: String
    ) async -> DeliveryOutcome {
        let deadline = MonotonicTime.now + timeLimit
        var worst = DeliveryOutcome.delivered(reference: nil)
        for (index, request) in requests.enumerated() {
            let left = deadline - .now
            guard left > .zero else { return .retry(reason: "\(title): the time ran out", after: nil) }
            // Parts of a message may fall otherwise without formatting.
            let other = plain.count == requests.count ? plain[index] : nil
            let outcome = await send(request, plain: other, left, rule, title)
            if index == 0 || outcome.rank > worst.rank { worst = outcome }
            // The receiver asked for a pause or is unreachable: the other items would fail as well.
            if case .retry = outcome { break }
        }
        return worst
    }

    private func send(
        _ request: HTTPClientRequest,
        plain: HTTPClientRequest?,
        _ timeLimit: Duration,
        _ rule: ResponseRule,
        _ title: String
    ) async -> DeliveryOutcome {
        var request = request
        (request.timeout, request.maximumBody, request.cutsBody) = (timeLimit, Self.responseLimit, true)
        let deadline = MonotonicTime.now + timeLimit
        do throws(HTTPClientError) {
            let response = try await client.send(request)
            let left = deadline - .now
            if let plain, rule.wantsPlain(response), left > .zero {
                return await send(plain, plain: nil, left, rule, title)
            }
            return rule.outcome(response, title, at: now())
        } catch {
            return error.outcome(title)
        }
    }

    private func mail(_ message: AlertMessage, _ channel: ReadyChannel, _ template: MailTemplate) async
        -> DeliveryOutcome
    {
        let title = channel.provider.title
        guard let settings = try? MailSettings(channel.values) else {
            return .refused(reason: "the channel cannot be used")
        }
        // Recipients that already have it get no second copy; those removed from the channel since get none.
        let recipients = settings.to.map(\.address).filter {
            message.recipients.isEmpty || message.recipients.contains($0)
        }
        guard !recipients.isEmpty else { return .delivered(reference: "every recipient that is left has it") }
        let texts = RequestBuilder(channel).texts(message, template)
        let mail = MailMessage(
            from: settings.from,
            to: settings.to,
            subject: texts.subject.truncated(250),
            text: texts.text,
            html: texts.html,
            id: message.id,
            thread: message.items.count == 1 ? message.items.first?.key : nil,
            date: message.createdAt
        )
        var transfer = MailTransfer(
            host: settings.host,
            port: settings.port,
            security: settings.security,
            helo: settings.helo,
            sender: settings.from.address,
            recipients: recipients,
            message: mail.bytes,
            timeout: timeLimit
        )
        transfer.login = settings.login
        transfer.replyTimeout = mailReplyLimit
        (transfer.caFile, transfer.verifiesTLS) = (channel.caFile, channel.verifiesTLS)
        do throws(MailError) {
            return try await client.send(transfer).outcome
        } catch {
            return error.outcome(title)
        }
    }
}

extension MailReceipt {
    /// The delivery's outcome for an accepted mail.
    fileprivate var outcome: DeliveryOutcome {
        let lost = refusals.filter { $0.code >= 500 }.map(\.recipient)
        let refused = lost.isEmpty ? "" : " (refused for \(lost.joined(separator: ", ")))"
        let reference = Escape.line.apply(reply) + refused
        let later = refusals.filter { $0.code < 500 }
        guard let first = later.first else { return .delivered(reference: reference) }
        let names = later.map(\.recipient)
        let reason = "not yet taken for \(names.joined(separator: ", ")): \(Escape.line.apply(first.reply))"
        return .partly(reference: reference, left: names, reason: reason)
    }
}

extension MailError {
    /// The delivery's outcome for a refused mail.
    fileprivate func outcome(_ title: String) -> DeliveryOutcome {
        switch self {
        case .failed(let error): return error.outcome(title)
        case .rejected(let code, let line):
            let reason = "\(title): the server answered \(Escape.line.apply(line))"
            return code < 500 ? .retry(reason: reason, after: nil) : .refused(reason: reason)
        }
    }
}

extension HTTPClientError {
    /// The delivery's outcome for a request without a response.
    func outcome(_ title: String) -> DeliveryOutcome {
        let reason = "\(title): \(Escape.line.apply(description))"
        return switch self {
        case .invalidRequest, .blocked: .refused(reason: reason)
        case .resolution, .timeout, .bodyTooLarge, .cancelled, .transport: .retry(reason: reason, after: nil)
        }
    }
}

extension DeliveryOutcome {
    /// The severity of an outcome: a temporary error outweighs a permanent one, otherwise the retry would be lost.
    fileprivate var rank: Int {
        switch self {
        case .delivered: 0
        case .refused: 1
        case .partly: 2
        case .retry: 3
        }
    }
}

extension SecretMask {
    /// The most characters kept of a response; it is cut after masking, or a part of a secret could remain.
    private static let detailLimit = 300

    fileprivate func apply(_ outcome: DeliveryOutcome) -> DeliveryOutcome {
        func clean(_ text: String) -> String { apply(text).truncated(Self.detailLimit) }
        return switch outcome {
        case .delivered(let reference): .delivered(reference: reference.map(clean))
        case .partly(let reference, let left, let reason):
            .partly(reference: reference.map(clean), left: left, reason: clean(reason))
        case .retry(let reason, let after): .retry(reason: clean(reason), after: after)
        case .refused(let reason): .refused(reason: clean(reason))
        }
    }
}
