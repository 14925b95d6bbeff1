import Base
import Glibc
import HTTPClient
import Notify

extension Settings {
    /// The files and folders that settings name and that cannot be used, each with its setting and its path.
    ///
    /// Blocks while it reads them.
    var fileRefusals: [String] {
        var refusals: [String] = []
        func refuse(_ name: String, _ fault: String?) {
            guard let fault else { return }
            let variable = SettingKeys.all.first { $0.name == name }?.environment.first
            refusals.append("\(name)\(variable.map { " (\($0))" } ?? ""): \(fault)")
        }
        refuse("probes.crl_file", TrustStore.fault(caFile: nil, crlFile: crlFile))
        refuse("probes.tls_directory", tlsDirectory.flatMap(Self.folderFault))
        refuse("alerts.ca_file", TrustStore.fault(caFile: alertCAFile))
        refuse("alerts.provider_directory", providerDirectory.flatMap(Self.providerFault))
        return refusals
    }

    private static func folderFault(_ path: String) -> String? {
        guard let folder = opendir(path) else {
            return "the folder \(path) cannot be read: \(String(cString: strerror(errno)))"
        }
        closedir(folder)
        guard access(path, X_OK) == 0 else {
            return "the files of the folder \(path) cannot be read: \(String(cString: strerror(errno)))"
        }
        return nil
    }

    private static func providerFault(_ path: String) -> String? {
        do throws(ProviderFileError) {
            _ = try ProviderCatalog.load(directory: path)
            return nil
        } catch {
            return "\(error)"
        }
    }
}
