import ArgumentParser
import Glibc

/// The files that a command line names to be written.
struct OutputFiles {
  private static let options = ["-o", "--output", "--save", "--json", "--junit", "--extract"]

  /// For each, where it stands in the arguments.
  private let written: [(option: String, path: String, place: Int)]
  private let arguments: [String]

  init(_ arguments: [String]) {
    self.arguments = arguments
    written = arguments.enumerated().compactMap { place, argument in
      if Self.options.contains(argument), place + 1 < arguments.count {
        return (argument, arguments[place + 1], place + 1)
      }
      let parts = argument.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, Self.options.contains(String(parts[0])) else { return nil }
      return (String(parts[0]), String(parts[1]), place)
    }.filter { $0.path != "-" }
  }

  /// Throws when one of them is a file that is read, or written otherwise, by whatever name.
  func checkApart() throws {
    for output in written {
      guard let file = FileIdentity(output.path), file.isRegular else { continue }
      for (place, argument) in arguments.enumerated() where place != output.place {
        for name in [argument, argument.split(separator: "=", maxSplits: 1).last.map(String.init)] {
          guard let name, FileIdentity(name) == file else { continue }
          throw ValidationError(
            written.contains { $0.place == place }
              ? "\(output.option) names \(output.path), which is written otherwise as well"
              : "\(output.option) is the input \(name), which is never written over")
        }
      }
    }
  }
}

/// A file by its device and number.
private struct FileIdentity: Equatable {
  let device: UInt
  let number: UInt
  let isRegular: Bool

  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    device = UInt(status.st_dev)
    number = UInt(status.st_ino)
    isRegular = status.st_mode & S_IFMT == S_IFREG
  }
}
