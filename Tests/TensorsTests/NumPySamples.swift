import Foundation
import Tensors

/// The files of `Scripts/numpy-samples.py`, written by NumPy 2.4.
enum NumPySamples {
  static let folder = Bundle.module.resourceURL!.appendingPathComponent("Samples").path
  static let names = try! FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  static let codes = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"]

  static func path(_ name: String) -> String { "\(folder)/\(name)" }

  static func data(_ name: String) -> Data { FileManager.default.contents(atPath: path(name))! }

  /// The array the script makes for NumPy's type `code`, by the rules its heading gives.
  static func expected(_ code: String, shape: Shape = [2, 3, 4]) -> Tensor {
    let indices = 0..<shape.elementCount
    let quarters = indices.map { Float($0 - 7) / 4 }
    return switch code {
    case "f2": Tensor(quarters.map { Half($0) }, shape: shape)
    case "f4": Tensor(quarters, shape: shape)
    case "f8": Tensor(quarters.map { Double($0) }, shape: shape)
    case "i1": Tensor(indices.map { Int8($0 - 7) }, shape: shape)
    case "i2": Tensor(indices.map { Int16($0 - 7) }, shape: shape)
    case "i4": Tensor(indices.map { Int32($0 - 7) }, shape: shape)
    case "i8": Tensor(indices.map { Int64($0 - 7) }, shape: shape)
    case "u1": Tensor(indices.map { UInt8($0 + 3) }, shape: shape)
    case "u2": Tensor(indices.map { UInt16($0 + 3) }, shape: shape)
    case "u4": Tensor(indices.map { UInt32($0 + 3) }, shape: shape)
    case "u8": Tensor(indices.map { UInt64($0 + 3) }, shape: shape)
    case "b1": Tensor(indices.map { $0 % 3 == 0 }, shape: shape)
    default: fatalError(code)
    }
  }

  /// Calls `body` with the path of a file of the given contents, removed afterwards.
  static func withFile<R>(_ contents: Data, _ body: (String) throws -> R) throws -> R {
    let path = NSTemporaryDirectory() + "tensors-\(UUID().uuidString)"
    try contents.write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
  }
}
