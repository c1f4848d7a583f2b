import Foundation
import ONNXGraph
import Testing

/// The folder that `VERIFY_PATCH_MODELS` names: real models, photographs and their goldens.
enum RealModels {
  static let folder = ProcessInfo.processInfo.environment["VERIFY_PATCH_MODELS"]
  static let condition: ConditionTrait = .enabled(
    if: folder != nil, "VERIFY_PATCH_MODELS does not name the folder of the real models")

  static func path(_ file: String) -> String { (folder ?? "") + "/" + file }
}
