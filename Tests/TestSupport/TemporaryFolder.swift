import Foundation
import ONNXGraph
import Tensors

/// A folder of its own that is gone when nobody holds it any more.
package final class TemporaryFolder: Sendable {
  package let path: String

  package init() throws {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("verify-patch-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  package func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file and returns its path.
  @discardableResult
  package func write(_ bytes: some Sequence<UInt8>, as name: String) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
    return file(name)
  }

  package func write(_ model: Model, as name: String) throws -> String {
    try model.write(toFile: file(name))
    return file(name)
  }

  package func write(_ tensor: Tensor, as name: String) throws -> String {
    try tensor.writeNPY(toFile: file(name))
    return file(name)
  }
}
