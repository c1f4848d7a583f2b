import Kernels
import Testing

struct BLASTests {
  @Test func libraryThatIsMissingIsNamed() {
    let error = #expect(throws: BLASError.self) { try BLAS(fileName: "libmissing.so.0") }
    #expect(error?.description.contains("libmissing.so.0: cannot open") == true)
    #expect(error?.description.contains("install it (libopenblas0)") == true)
  }

  @Test func libraryWithoutTheFunctionsIsRefused() {
    let error = #expect(throws: BLASError.self) { try BLAS(fileName: "libc.so.6") }
    #expect(error?.description.hasPrefix("libc.so.6 has no function cblas_sgemm") == true)
  }

  /// By what it says of itself; products are held to plain loops by the tests of their operators.
  @Test func libraryNamesItsCore() throws { #expect(try !BLAS.loaded().coreName.isEmpty) }
}
