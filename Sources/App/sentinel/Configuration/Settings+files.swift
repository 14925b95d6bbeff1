import Glibc
import Notify

extension Settings {
    /// Why a folder's files cannot be read; nil when they can.
    static func folderFault(_ path: String) -> String? {
        guard let folder = opendir(path) else {
            return "the folder \(path) cannot be read: \(String(cString: strerror(errno)))"
        }
        closedir(folder)
        guard access(path, X_OK) == 0 else {
            return "the files of the folder \(path) cannot be read: \(String(cString: strerror(errno)))"
        }
        return nil
    }

    /// What is wrong with the files of a folder of further kinds of channels.
    static func providerFault(_ path: String) -> String? {
        do throws(ProviderFileError) {
            _ = try ProviderCatalog.load(directory: path)
            return nil
        } catch {
            return "\(error)"
        }
    }
}
