import Glibc

/// The element types BLAS multiplies matrices of.
package protocol BLASElement: BinaryFloatingPoint, Sendable, BitwiseCopyable, SendableMetatype {
  /// `c[m,n] = a[m,k] * b[k,n] + beta * c[m,n]`, all row-major with row strides `lda`, `ldb`, `ldc`.
  ///
  /// A transposed operand is stored as `[k,m]` or `[n,k]`.
  static func multiply(
    with blas: BLAS, m: Int, n: Int, k: Int, a: UnsafePointer<Self>, lda: Int, transposesA: Bool,
    b: UnsafePointer<Self>, ldb: Int, transposesB: Bool, beta: Self, c: UnsafeMutablePointer<Self>,
    ldc: Int)
  static func applySigmoid(to elements: UnsafeMutableBufferPointer<Self>)
  static func applySiLU(to elements: UnsafeMutableBufferPointer<Self>)
}

extension BLASElement {
  /// `c[m,n] = a[m,k] * b[k,n] + beta * c[m,n]`.
  package static func multiply(
    with blas: BLAS, m: Int, n: Int, k: Int, a: UnsafePointer<Self>, lda: Int,
    b: UnsafePointer<Self>, ldb: Int, beta: Self, c: UnsafeMutablePointer<Self>, ldc: Int
  ) {
    multiply(
      with: blas, m: m, n: n, k: k, a: a, lda: lda, transposesA: false, b: b, ldb: ldb,
      transposesB: false, beta: beta, c: c, ldc: ldc)
  }
}

extension Float: BLASElement {
  package static func multiply(
    with blas: BLAS, m: Int, n: Int, k: Int, a: UnsafePointer<Float>, lda: Int, transposesA: Bool,
    b: UnsafePointer<Float>, ldb: Int, transposesB: Bool, beta: Float,
    c: UnsafeMutablePointer<Float>, ldc: Int
  ) {
    blas.sgemm(
      BLAS.rowMajor, BLAS.transposition(transposesA), BLAS.transposition(transposesB), Int32(m),
      Int32(n), Int32(k), 1, a, Int32(lda), b, Int32(ldb), beta, c, Int32(ldc))
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
    with blas: BLAS, m: Int, n: Int, k: Int, a: UnsafePointer<Double>, lda: Int, transposesA: Bool,
    b: UnsafePointer<Double>, ldb: Int, transposesB: Bool, beta: Double,
    c: UnsafeMutablePointer<Double>, ldc: Int
  ) {
    blas.dgemm(
      BLAS.rowMajor, BLAS.transposition(transposesA), BLAS.transposition(transposesB), Int32(m),
      Int32(n), Int32(k), 1, a, Int32(lda), b, Int32(ldb), beta, c, Int32(ldc))
  }

  package static func applySigmoid(to elements: UnsafeMutableBufferPointer<Double>) {
    Activations.sigmoid(UnsafeBufferPointer(elements), into: elements)
  }

  package static func applySiLU(to elements: UnsafeMutableBufferPointer<Double>) {
    Activations.silu(UnsafeBufferPointer(elements), into: elements)
  }
}

/// OpenBLAS, loaded by the first product: most runs have none, and loading it takes as long as reading
/// a model does.
///
/// Products run on the calling thread: loops are shared out by ``ThreadTeam``.
package struct BLAS: Sendable {
  // The interface of CBLAS: enumerations and sizes are ints.
  fileprivate typealias SGEMM =
    @convention(c) (
      Int32, Int32, Int32, Int32, Int32, Int32, Float, UnsafePointer<Float>, Int32,
      UnsafePointer<Float>, Int32, Float, UnsafeMutablePointer<Float>, Int32
    ) -> Void
  fileprivate typealias DGEMM =
    @convention(c) (
      Int32, Int32, Int32, Int32, Int32, Int32, Double, UnsafePointer<Double>, Int32,
      UnsafePointer<Double>, Int32, Double, UnsafeMutablePointer<Double>, Int32
    ) -> Void

  /// CblasRowMajor.
  fileprivate static var rowMajor: Int32 { 101 }

  /// CblasTrans or CblasNoTrans.
  fileprivate static func transposition(_ transposes: Bool) -> Int32 { transposes ? 112 : 111 }

  fileprivate let sgemm: SGEMM
  fileprivate let dgemm: DGEMM
  /// The processor core that kernels were chosen for, such as `SkylakeX`.
  package let coreName: String

  private static let shared = Result { () throws(BLASError) in try BLAS() }

  /// The library, which stays loaded.
  package static func loaded() throws(BLASError) -> BLAS { try shared.get() }

  /// - Parameter fileName: the library; as Debian, Fedora and others install it, when left out.
  package init(fileName: String = "libopenblas.so.0") throws(BLASError) {
    let isOthersToo = dlopen(fileName, RTLD_NOW | RTLD_NOLOAD) != nil
    guard let library = dlopen(fileName, RTLD_NOW) else {
      throw BLASError(
        "OpenBLAS cannot be loaded (\(String(cString: dlerror()))); install it (libopenblas0)")
    }
    func function<F>(_ name: String, as _: F.Type) throws(BLASError) -> F {
      guard let address = dlsym(library, name) else {
        throw BLASError("\(fileName) has no function \(name), expected OpenBLAS with CBLAS")
      }
      return unsafeBitCast(address, to: F.self)
    }
    sgemm = try function("cblas_sgemm", as: SGEMM.self)
    dgemm = try function("cblas_dgemm", as: DGEMM.self)
    let setThreads = try function(
      "openblas_set_num_threads", as: (@convention(c) (Int32) -> Void).self)
    let getCoreName = try function(
      "openblas_get_corename", as: (@convention(c) () -> UnsafePointer<CChar>).self)
    coreName = String(cString: getCoreName())
    setThreads(1)
    // The threads it starts for itself spin for a while before they sleep.
    if !isOthersToo, let endThreads = dlsym(library, "blas_thread_shutdown_") {
      _ = unsafeBitCast(endThreads, to: (@convention(c) () -> Int32).self)()
    }
  }
}

/// Why OpenBLAS cannot be used, in one line.
package struct BLASError: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}
