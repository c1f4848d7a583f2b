import Foundation
import ONNXGraph
import Testing

/// The folder that `VERIFY_PATCH_MODELS` names: real models, photographs and their goldens, which are
/// not part of the project.
package enum RealModels {
  package static let folder = ProcessInfo.processInfo.environment["VERIFY_PATCH_MODELS"]
  package static let condition: ConditionTrait = .enabled(
    if: folder != nil, "VERIFY_PATCH_MODELS does not name the folder of the real models")

  /// Every tenth of what takes long; all of it where `VERIFY_PATCH_ALL` is set.
  package static func some<Row>(of rows: [Row]) -> [Row] {
    let step = ProcessInfo.processInfo.environment["VERIFY_PATCH_ALL"] == nil ? 10 : 1
    return stride(from: 0, to: rows.count, by: step).map { rows[$0] }
  }

  package static func path(_ file: String) -> String { (folder ?? "") + "/" + file }

  package static func model(_ file: String) throws -> Model {
    try Model(contentsOfFile: path(file))
  }

  /// The paths of the files in a folder whose names pass, none where there is no such folder.
  package static func files(
    in directory: String, where isWanted: (String) -> Bool
  ) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path(directory))) ?? []
    return names.filter(isWanted).sorted().map { path("\(directory)/\($0)") }
  }
}
