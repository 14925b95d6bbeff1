package import Domain

extension Channel {
    /// Why the channel cannot be used: its settings cannot be read, or its kind is not among those that are known now.
    ///
    /// A kind may come back, such as with the folder of its file: what is due waits until then. nil when it can be used.
    package func fault(in catalog: ProviderCatalog) -> String? {
        if let fault { return fault }
        return catalog[kind] == nil
            ? "there is no kind '\(kind)': is its file missing from the provider directory?" : nil
    }
}
