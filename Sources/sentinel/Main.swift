import Base

/// The program: `sentinel <command>`.
@main
enum Main {
    static func main() {
        print(version)
    }
}
