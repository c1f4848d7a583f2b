import Foundation
import ONNXGraph
import Tensors

/// The folder of real models, photographs and goldens, where the environment names one.
enum RealModels {
  static let folder = ProcessInfo.processInfo.environment["VERIFY_PATCH_MODELS"]
  static let areMissing = folder == nil

  static func path(_ relative: String) -> String { "\(folder!)/\(relative)" }

  static func model(_ relative: String) throws -> Model {
    try Model(contentsOfFile: path(relative))
  }
}
