import Glibc
import TestSupport

/// A small in-memory file system; needs permission to mount.
struct Mount {
    let folder: String

    /// Whether this process may mount.
    static let isAllowed: Bool = {
        guard let mount = try? Mount(bytes: 1 << 16) else { return false }
        mount.end()
        return true
    }()

    struct Refused: Error {}

    init(bytes: Int) throws {
        folder = "/tmp/sentinel-mount-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        guard mkdir(folder, 0o700) == 0 else { throw Refused() }
        guard mount("tmpfs", folder, "tmpfs", 0, "size=\(bytes)") == 0 else {
            rmdir(folder)
            throw Refused()
        }
    }

    func end() {
        umount2(folder, Int32(MNT_DETACH))
        rmdir(folder)
    }
}

/// The file attribute that prevents even root from writing.
enum Immutable {
    /// Whether this process may set it.
    static let isAllowed: Bool = {
        let file = DatabaseFile()
        defer { file.remove() }
        DatabaseFile.write([], to: file.path)
        defer { set(file.path, false) }
        return set(file.path, true)
    }()

    @discardableResult
    static func set(_ path: String, _ isOn: Bool) -> Bool {
        var arguments: [UnsafeMutablePointer<CChar>?] = ["chattr", isOn ? "+i" : "-i", path].map { (text: String) in
            strdup(text)
        }
        defer { for argument in arguments { free(argument) } }
        arguments.append(nil)
        var child = pid_t()
        var status: Int32 = 0
        guard posix_spawnp(&child, "chattr", nil, nil, arguments, environ) == 0, waitpid(child, &status, 0) == child
        else {
            return false
        }
        return status == 0
    }
}
