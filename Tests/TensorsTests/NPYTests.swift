import Foundation
import Tensors
import Testing

@Suite struct NPYTests {
  @Test(arguments: NumPySamples.codes)
  func everyElementTypeIsReadAndWrittenAsNumPyDoes(code: String) throws {
    let tensor = try Tensor(npyFile: NumPySamples.path("\(code).npy"))
    #expect(tensor == NumPySamples.expected(code))
    #expect(tensor.npyData() == NumPySamples.data("\(code).npy"))
  }

  @Test(arguments: [
    ("version-2.npy", "f4", [2, 3, 4]), ("version-3.npy", "f4", [2, 3, 4]),
    ("python-2.npy", "i4", [2, 3, 4]), ("scalar.npy", "f4", [Int]()), ("vector.npy", "f4", [24]),
    ("empty.npy", "f4", [3, 0, 2]),
  ])
  func everyHeaderIsRead(name: String, code: String, dimensions: [Int]) throws {
    let tensor = try Tensor(npyFile: NumPySamples.path(name))
    #expect(tensor == NumPySamples.expected(code, shape: Shape(dimensions)))
    #expect(try Tensor(npyData: tensor.npyData()) == tensor)
  }

  @Test(arguments: ["scalar.npy", "vector.npy", "empty.npy"])
  func everyRankIsWrittenAsNumPyDoes(name: String) throws {
    let tensor = try Tensor(npyFile: NumPySamples.path(name))
    #expect(tensor.npyData() == NumPySamples.data(name))
  }

  @Test func bfloat16IsWrittenAsTheFloatsItHolds() throws {
    let values: [Float] = [1, -0.5, .infinity, 0x1.02p-100]
    let tensor = Tensor(values.map { BFloat16($0) }, shape: [2, 2])
    #expect(try Tensor(npyData: tensor.npyData()) == Tensor(values, shape: [2, 2]))
  }

  @Test func booleansBecomeZeroAndOne() throws {
    var data = NumPySamples.data("b1.npy")
    data[data.count - 1] = 255
    let tensor = try Tensor(npyData: data)
    #expect(tensor.withUnsafeBytes { $0.last } == 1)
  }

  @Test func aFileIsReplaced() throws {
    let tensor = NumPySamples.expected("f4")
    try NumPySamples.withFile(Data("what was there".utf8)) { path in
      try tensor.writeNPY(toFile: path)
      #expect(try Tensor(npyFile: path) == tensor)
    }
  }

  @Test(arguments: NumPySamples.names.filter { $0.hasSuffix(".npy") })
  func everyTruncationIsAnError(name: String) {
    let data = NumPySamples.data(name)
    let accepted = data.indices.filter { (try? Tensor(npyData: data.prefix($0))) != nil }
    #expect(accepted.isEmpty)
  }

  /// An `.npy` file has no checksum: what is asked for is a tensor or an error of one line.
  @Test(arguments: NumPySamples.names.filter { $0.hasSuffix(".npy") })
  func aFlippedBitGivesATensorOrAnError(name: String) {
    let data = NumPySamples.data(name)
    for bit in 0..<(data.count * 8) {
      var damaged = data
      damaged[bit / 8] ^= 1 << (bit % 8)
      do {
        _ = try Tensor(npyData: damaged)
      } catch {
        #expect(!"\(error)".contains("\n"), "bit \(bit)")
      }
    }
  }

  @Test(arguments: [
    ("'<f4'", "False", "(1000000, 3)", "expected 12000000 for [1000000,3]"),
    ("'<f4'", "False", "(4611686018427387904, 16)", "too many elements"),
    ("'<f4'", "False", "(99999999999999999999,)", "where a dimension is expected"),
    ("'<f4'", "False", "(-1,)", "where a dimension is expected"),
    ("'<f4'", "False", "(\(String(repeating: "1,", count: 65)))", "65 dimensions"),
    ("'<f4'", "False", "(2,)", "4 bytes of data; expected 8 for [2] float32"),
    ("'<c8'", "False", "()", "elements of type \"<c8\""),
    ("'|O'", "False", "()", "elements of type \"|O\""),
    ("[('x', '<f4')]", "False", "()", "has \"[('x', '<f4')], 'for\" where"),
    ("'<f4'", "0", "()", "where True or False is expected"),
  ])
  func aHeaderThatCannotBeTrueIsRefused(
    type: String, order: String, shape: String, message: String
  ) throws {
    let header = "{'descr': \(type), 'fortran_order': \(order), 'shape': \(shape), }\n"
    let start = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0]
    let data = Data(start + Array(header.utf8) + [0, 0, 0, 0])
    let error = #expect(throws: TensorError.self) { try Tensor(npyData: data) }
    #expect(try #require(error).description.contains(message))
  }

  @Test(arguments: [
    ("/nonexistent/x.npy", "no such file"), (NSTemporaryDirectory(), "not a regular file"),
    (NumPySamples.path("stored.npz"), "not an .npy file"),
  ])
  func anErrorNamesTheFile(path: String, message: String) throws {
    let error = #expect(throws: TensorError.self) { try Tensor(npyFile: path) }
    #expect(try #require(error).description.hasPrefix("\(path): \(message)"))
  }
}
