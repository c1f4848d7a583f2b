import Foundation
import Tensors

/// The dumps of `Scripts/dumps/samples.py`, by Polygraphy 0.53 or in trtexec's layout.
enum DumpSamples {
  static let folder = Bundle.module.resourceURL!.appendingPathComponent("Samples").path

  static func path(_ name: String) -> String { "\(folder)/\(name)" }

  static func data(_ name: String) -> Data { FileManager.default.contents(atPath: path(name))! }

  /// The tensors by the rules of the script's heading, plus `step`.
  static func tensors(plus step: Int = 0) -> [String: Tensor] {
    [
      "boxes": Tensor(
        (0..<12).map { Float(Double($0 - 7) / 4 * 123.456789) + Float(step) }, shape: [1, 3, 4]),
      "scores": Tensor((0..<3).map { Float(1 / Double($0 + 3)) + Float(step) }, shape: [1, 3]),
      "number/of:rows": Tensor([Int32(3 + step)], shape: [1, 1]),
    ]
  }
}
