import Foundation
import ONNXGraph
import Testing

/// The folder that `VERIFY_PATCH_MODELS` names: real models, photographs and their goldens.
enum RealModels {
  static let folder = ProcessInfo.processInfo.environment["VERIFY_PATCH_MODELS"]
  static let condition: ConditionTrait = .enabled(
    if: folder != nil, "VERIFY_PATCH_MODELS does not name the folder of the real models")

  /// Every tenth of what takes long; all of it where `VERIFY_PATCH_ALL` is set.
  static func some<Row>(of rows: [Row]) -> [Row] {
    let step = ProcessInfo.processInfo.environment["VERIFY_PATCH_ALL"] == nil ? 10 : 1
    return stride(from: 0, to: rows.count, by: step).map { rows[$0] }
  }

  static func path(_ file: String) -> String { (folder ?? "") + "/" + file }
}
