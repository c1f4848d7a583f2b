import COpenBLAS

/// The element types BLAS multiplies matrices of.
package protocol BLASElement: BinaryFloatingPoint, Sendable, BitwiseCopyable, SendableMetatype {
  /// `c[m,n] = a[m,k] * b[k,n] + beta * c[m,n]`, all row-major with row strides `lda`, `ldb`, `ldc`.
  ///
  /// A transposed operand is stored as `[k,m]` or `[n,k]`.
  static func multiply(
    m: Int, n: Int, k: Int, a: UnsafePointer<Self>, lda: Int, transposesA: Bool,
    b: UnsafePointer<Self>, ldb: Int, transposesB: Bool, beta: Self, c: UnsafeMutablePointer<Self>,
    ldc: Int)
  static func applySigmoid(to elements: UnsafeMutableBufferPointer<Self>)
  static func applySiLU(to elements: UnsafeMutableBufferPointer<Self>)
}

extension BLASElement {
  /// `c[m,n] = a[m,k] * b[k,n] + beta * c[m,n]`.
  package static func multiply(
    m: Int, n: Int, k: Int, a: UnsafePointer<Self>, lda: Int, b: UnsafePointer<Self>, ldb: Int,
    beta: Self, c: UnsafeMutablePointer<Self>, ldc: Int
  ) {
    multiply(
      m: m, n: n, k: k, a: a, lda: lda, transposesA: false, b: b, ldb: ldb, transposesB: false,
      beta: beta, c: c, ldc: ldc)
  }
}

extension Float: BLASElement {
  package static func multiply(
    m: Int, n: Int, k: Int, a: UnsafePointer<Float>, lda: Int, transposesA: Bool,
    b: UnsafePointer<Float>, ldb: Int, transposesB: Bool, beta: Float,
    c: UnsafeMutablePointer<Float>, ldc: Int
  ) {
    cblas_sgemm(
      CblasRowMajor, transposesA ? CblasTrans : CblasNoTrans,
      transposesB ? CblasTrans : CblasNoTrans, Int32(m), Int32(n), Int32(k), 1, a, Int32(lda), b,
      Int32(ldb), beta, c, Int32(ldc))
  }

  package static func applySigmoid(to elements: UnsafeMutableBufferPointer<Float>) {
    Activations.sigmoid(UnsafeBufferPointer(elements), into: elements)
  }

  package static func applySiLU(to elements: UnsafeMutableBufferPointer<Float>) {
    Activations.silu(UnsafeBufferPointer(elements), into: elements)
  }
}

extension Double: BLASElement {
  package static func multiply(
    m: Int, n: Int, k: Int, a: UnsafePointer<Double>, lda: Int, transposesA: Bool,
    b: UnsafePointer<Double>, ldb: Int, transposesB: Bool, beta: Double,
    c: UnsafeMutablePointer<Double>, ldc: Int
  ) {
    cblas_dgemm(
      CblasRowMajor, transposesA ? CblasTrans : CblasNoTrans,
      transposesB ? CblasTrans : CblasNoTrans, Int32(m), Int32(n), Int32(k), 1, a, Int32(lda), b,
      Int32(ldb), beta, c, Int32(ldc))
  }

  package static func applySigmoid(to elements: UnsafeMutableBufferPointer<Double>) {
    Activations.sigmoid(UnsafeBufferPointer(elements), into: elements)
  }

  package static func applySiLU(to elements: UnsafeMutableBufferPointer<Double>) {
    Activations.silu(UnsafeBufferPointer(elements), into: elements)
  }
}

/// Keeps OpenBLAS on the calling thread: loops are shared out by ``ThreadTeam`` instead.
package enum BLAS {
  private static let configured: Void = openblas_set_num_threads(1)

  /// To be called before the first product.
  package static func useCallingThreadOnly() { configured }

  /// Ends the threads that OpenBLAS started for itself, which spin for a while before they sleep.
  ///
  /// For a process in which no one else uses BLAS; products still run on the calling thread.
  package static func endOwnThreads() {
    useCallingThreadOnly()
    openblas_end_threads()
  }

  /// The processor core OpenBLAS chose its kernels for, such as `SkylakeX`.
  package static var coreName: String { String(cString: openblas_get_corename()) }
}
