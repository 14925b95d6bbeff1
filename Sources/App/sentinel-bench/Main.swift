import Base
import Foundation

/// The benchmarks: `sentinel-bench [SUBJECT ...]`, run from the package's folder by `make bench`.
@main
enum Main {
    static func main() {
        signal(SIGPIPE, SIG_IGN)
        do {
            let options = try Options(Array(CommandLine.arguments.dropFirst()))
            var report = Report()
            for subject in options.subjects {
                say("\n\(subject.rawValue)")
                try subject.run(options, &report)
            }
            say("\n\(report.table)")
            say("written to \(try report.write(to: options.results))")
        } catch {
            FileHandle.standardError.write(Data("sentinel-bench: \(error)\n".utf8))
            exit(1)
        }
    }
}

/// Prints a line at once, also into a pipe: a run takes minutes.
func say(_ line: String) {
    print(line)
    fflush(nil)
}
