import ArgumentParser
import FoundationEssentials

/// A file the command is to write.
struct OutputFile {
  private let path: String

  init(_ path: String) { self.path = path }

  /// Throws when it is one of the files the command reads, by whatever name.
  func checkApart(from inputs: [String]) throws {
    for input in inputs where Self.identity(of: path) == Self.identity(of: input) {
      throw ValidationError("-o is the input \(input), which is never written over")
    }
  }

  private static func identity(of path: String) -> String {
    let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath()
    let attributes = try? FileManager.default.attributesOfItem(atPath: resolved.path)
    guard let device = attributes?[.systemNumber] as? Int,
      let file = attributes?[.systemFileNumber] as? Int
    else { return resolved.standardizedFileURL.path }
    return "\(device):\(file)"
  }
}
