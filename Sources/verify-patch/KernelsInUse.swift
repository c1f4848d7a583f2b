import CKernels
import Kernels

/// Which of the kernels this processor runs.
enum KernelsInUse {
  static var text: String {
    let level =
      switch InstructionSet.inUse {
      case SIMDLevelAVX512: "AVX-512"
      case SIMDLevelAVX2: "AVX2 and FMA"
      default: "portable C"
      }
    return """
      float32 kernels  \(level)
      BLAS             OpenBLAS for \(BLAS.coreName)
      threads          \(ThreadTeam.availableThreads)
      """
  }
}
