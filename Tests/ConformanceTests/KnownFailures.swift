import Foundation

/// Cases that should agree and do not, and why. A case that starts to agree fails until its line
/// goes from `known-failures.txt`.
enum KnownFailures {
  static let reasons: [String: String] = {
    let file = Bundle.module.url(forResource: "known-failures", withExtension: "txt")!
    let lines = try! String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    return Dictionary(
      uniqueKeysWithValues: lines.map { line in
        let name = line.prefix { $0 != ":" }
        return (String(name), line.dropFirst(name.count + 2).description)
      })
  }()
}
