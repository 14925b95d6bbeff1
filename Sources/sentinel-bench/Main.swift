import Base

/// The benchmarks: `sentinel-bench <subject>`.
@main
enum Main {
    static func main() {
        print(version)
    }
}
