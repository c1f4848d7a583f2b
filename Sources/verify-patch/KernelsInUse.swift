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
    let blas: String
    do { blas = "OpenBLAS for \(try BLAS.loaded().coreName)" } catch { blas = error.description }
    return """
      float32 kernels  \(level)
      BLAS             \(blas)
      threads          \(ThreadTeam.availableThreads)
      """
  }
}
