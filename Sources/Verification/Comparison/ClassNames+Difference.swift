import Detection
import Tensors

extension ClassNames {
  /// How the names that two sides give their classes differ.
  ///
  /// - Parameter sides: what to call them.
  static func difference(
    _ names: Pair<ClassNames>,
    sides: Pair<String> = Pair(original: "the original", patched: "the patched graph")
  ) -> String {
    let count = names.both.compactMap(\.count).max() ?? 0
    let differing = (0..<count).filter { names.original[$0] != names.patched[$0] }
    let title = "\(sides.original) and \(sides.patched) name"
    guard let first = differing.first else { return "\(title) their classes differently" }
    let found = names.map { $0[first].map { "'\(shown: $0)'" } ?? "nothing" }
    return
      "\(title) \(differing.count) classes differently: class \(first) is \(found.original) in "
      + "\(sides.original) and \(found.patched) in \(sides.patched)"
  }
}
