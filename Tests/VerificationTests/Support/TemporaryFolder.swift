import Foundation
import ONNXGraph
import Tensors

/// A folder of its own that is gone when nobody holds it any more.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("verify-patch-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  func write(_ model: Model, as name: String) throws -> String {
    try model.write(toFile: file(name))
    return file(name)
  }

  func write(_ tensor: Tensor, as name: String) throws -> String {
    try tensor.writeNPY(toFile: file(name))
    return file(name)
  }
}
