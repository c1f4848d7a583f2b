import COpenBLAS
import Foundation

/// The element types BLAS multiplies matrices of.
package protocol BLASElement: BinaryFloatingPoint, Sendable, BitwiseCopyable, SendableMetatype {
  /// `c[m,n] = a[m,k] * b[k,n] + beta * c[m,n]`, all row-major with row strides `lda`, `ldb`, `ldc`.
  static func multiply(
    m: Int, n: Int, k: Int, a: UnsafePointer<Self>, lda: Int, b: UnsafePointer<Self>, ldb: Int,
    beta: Self, c: UnsafeMutablePointer<Self>, ldc: Int)
  static func applySigmoid(to elements: UnsafeMutableBufferPointer<Self>)
  static func applySiLU(to elements: UnsafeMutableBufferPointer<Self>)
}

extension BLASElement {
  package static func applySigmoid(to elements: UnsafeMutableBufferPointer<Self>) {
    for i in elements.indices { elements[i] = Self(1 / (1 + Foundation.exp(-Double(elements[i])))) }
  }
  package static func applySiLU(to elements: UnsafeMutableBufferPointer<Self>) {
    for i in elements.indices {
      elements[i] *= Self(1 / (1 + Foundation.exp(-Double(elements[i]))))
    }
  }
}

extension Float: BLASElement {
  package static func multiply(
    m: Int, n: Int, k: Int, a: UnsafePointer<Float>, lda: Int, b: UnsafePointer<Float>, ldb: Int,
    beta: Float, c: UnsafeMutablePointer<Float>, ldc: Int
  ) {
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(m), Int32(n), Int32(k), 1, a, Int32(lda), b,
      Int32(ldb), beta, c, Int32(ldc))
  }
}

extension Double: BLASElement {
  package static func multiply(
    m: Int, n: Int, k: Int, a: UnsafePointer<Double>, lda: Int, b: UnsafePointer<Double>, ldb: Int,
    beta: Double, c: UnsafeMutablePointer<Double>, ldc: Int
  ) {
    cblas_dgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(m), Int32(n), Int32(k), 1, a, Int32(lda), b,
      Int32(ldb), beta, c, Int32(ldc))
  }
}

/// Keeps OpenBLAS on the calling thread: loops are shared out by ``ThreadTeam`` instead.
package enum BLAS {
  private static let configured: Void = openblas_set_num_threads(1)

  /// To be called before the first product.
  package static func useCallingThreadOnly() { configured }

  /// The processor core OpenBLAS chose its kernels for, such as `SkylakeX`.
  package static var coreName: String { String(cString: openblas_get_corename()) }
}
