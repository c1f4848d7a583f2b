import CKernels
import Glibc

/// The vector instructions the kernels use: the widest the processor has, or fewer where the
/// environment's `VERIFY_PATCH_SIMD` asks for it (`avx512`, `avx2` or `none`).
package enum InstructionSet {
  package static let variable = "VERIFY_PATCH_SIMD"

  private static let levels: [(name: String, level: SIMDLevel)] = [
    ("avx512", SIMDLevelAVX512), ("avx2", SIMDLevelAVX2), ("none", SIMDLevelPlain),
  ]

  /// What this process uses; what the environment asks for and cannot be had counts for nothing.
  package static let inUse: SIMDLevel = {
    guard problem == nil, let asked, let level = level(named: asked) else {
      return simd_level_available()
    }
    return level
  }()

  /// Why the environment's wish cannot be met, in a line; `nil` when it can.
  package static var problem: String? {
    guard let asked else { return nil }
    let names = levels.map { "'\($0.name)'" }.joined(separator: ", ")
    guard let level = level(named: asked) else {
      return "\(variable) is '\(asked)', expected one of \(names)"
    }
    guard level.rawValue <= simd_level_available().rawValue else {
      return "\(variable) is '\(asked)', which this processor does not have; leave it out"
    }
    return nil
  }

  private static var asked: String? { getenv(variable).map { String(cString: $0) } }

  private static func level(named name: String) -> SIMDLevel? {
    levels.first { $0.name == name }?.level
  }
}
