import ONNXGraph
import Operators
import Tensors
import TestSupport
import Testing

@Suite("Matrix products")
struct MatrixProductTests {
  struct Row: CustomTestStringConvertible {
    let left: Shape
    let right: Shape
    let result: Shape
    var testDescription: String { "\(left) by \(right)" }
  }

  static let rows = [
    Row(left: [3], right: [3], result: []),
    Row(left: [3], right: [3, 2], result: [2]),
    Row(left: [2, 3], right: [3], result: [2]),
    Row(left: [2, 3], right: [3, 4], result: [2, 4]),
    Row(left: [3], right: [2, 3, 4], result: [2, 4]),
    Row(left: [5, 2, 3], right: [3], result: [5, 2]),
    Row(left: [5, 2, 3], right: [3, 4], result: [5, 2, 4]),
    Row(left: [2, 3], right: [5, 3, 4], result: [5, 2, 4]),
    Row(left: [2, 1, 2, 3], right: [3, 3, 4], result: [2, 3, 2, 4]),
    Row(left: [130, 70], right: [70, 515], result: [130, 515]),
    Row(left: [2, 0], right: [0, 3], result: [2, 3]),
    Row(left: [0, 2], right: [2, 3], result: [0, 3]),
    Row(left: [4, 0, 2], right: [2, 0], result: [4, 0, 0]),
    Row(left: [0, 2, 2], right: [1, 2, 2], result: [0, 2, 2]),
    Row(left: [0], right: [0], result: []),
  ]

  /// Small whole numbers, so that float32 sums are exact in any order.
  static func numbers(_ shape: Shape, seed: UInt64) -> [Int] {
    var generator = SeededGenerator(seed: seed)
    return (0..<shape.elementCount).map { _ in Int.random(in: -9...9, using: &generator) }
  }

  static func expected(_ row: Row, _ a: [Int], _ b: [Int]) -> [Int] {
    let left = row.left.rank == 1 ? Shape([1, row.left[0]]) : row.left
    let right = row.right.rank == 1 ? Shape([row.right[0], 1]) : row.right
    let (rows, depth) = (left[left.rank - 2], left[left.rank - 1])
    let columns = right[right.rank - 1]
    let batch = Shape(left.dropLast(2)).broadcast(with: Shape(right.dropLast(2)))!
    let places = broadcastIndices([Shape(left.dropLast(2)), Shape(right.dropLast(2))], to: batch)
    return places.flatMap { place in
      (0..<rows).flatMap { row in
        (0..<columns).map { column in
          (0..<depth).reduce(0) { sum, k in
            sum + a[(place[0] * rows + row) * depth + k]
              * b[(place[1] * depth + k) * columns + column]
          }
        }
      }
    }
  }

  @Test(arguments: rows)
  func matricesAreMultiplied(_ row: Row) throws {
    let a = Self.numbers(row.left, seed: 1)
    let b = Self.numbers(row.right, seed: 2)
    let expected = Self.expected(row, a, b)
    let single = try result(
      "MatMul", opset: 13, Tensor(a.map { Float($0) }, shape: row.left),
      Tensor(b.map { Float($0) }, shape: row.right))
    #expect(single == Tensor(expected.map { Float($0) }, shape: row.result))
    let double = try result(
      "MatMul", opset: 7, Tensor(a.map { Double($0) }, shape: row.left),
      Tensor(b.map { Double($0) }, shape: row.right))
    #expect(double == Tensor(expected.map { Double($0) }, shape: row.result))
    let integer = try result(
      "MatMul", opset: 9, Tensor(a.map { Int32($0) }, shape: row.left),
      Tensor(b.map { Int32($0) }, shape: row.right))
    #expect(integer == Tensor(expected.map { Int32($0) }, shape: row.result))
  }

  @Test func bitsDependNeitherOnThreadsNorOnTheBatch() throws {
    var generator = SeededGenerator(seed: 9)
    let a = (0..<2 * 150 * 333).map { _ in Float.random(in: -1...1, using: &generator) }
    let b = (0..<333 * 700).map { _ in Float.random(in: -1...1, using: &generator) }
    let right = Tensor(b, shape: [333, 700])
    func product(_ left: Tensor, threads: Int) throws -> [Float] {
      try run("MatMul", opset: 13, inputs: [left, right], threads: threads)[0].elements()
    }
    let both = try product(Tensor(a, shape: [2, 150, 333]), threads: 2)
    #expect(try product(Tensor(a, shape: [2, 150, 333]), threads: 1) == both)
    let second = try product(Tensor(Array(a[(150 * 333)...]), shape: [1, 150, 333]), threads: 2)
    #expect(second == Array(both[(150 * 700)...]))
  }

  @Test func hugeEmptyBatchesCostNothing() throws {
    let empty = Tensor([] as [Float], shape: [1 << 24, 0, 2])
    let found = try result("MatMul", opset: 13, empty, Tensor([1, 2] as [Float], shape: [2, 1]))
    #expect(found.shape == [1 << 24, 0, 1])
  }

  @Test func matricesThatDoNotFitAreRefused() {
    func zeros(_ shape: Shape) -> Tensor { .zeros(.float32, shape: shape) }
    #expect(
      refusal("MatMul", opset: 13, zeros([2, 3]), zeros([2, 3]))
        == "matrices of shapes [2,3] and [2,3] cannot be multiplied")
    #expect(
      refusal("MatMul", opset: 13, zeros([2, 1, 3]), zeros([3, 3, 1]))
        == "matrices of shapes [2,1,3] and [3,3,1] cannot be multiplied")
    #expect(
      refusal("MatMul", opset: 13, zeros([]), zeros([1]))
        == "matrices of shapes [] and [1] cannot be multiplied")
    #expect(
      refusal("MatMul", opset: 13, Tensor([1] as [Int8]), Tensor([1] as [Int8]))
        == "inputs are int8, expected floating point or integers of 32 or 64 bits")
  }
}

@Suite("Gemm")
struct GemmTests {
  static func attributes(
    _ transA: Bool, _ transB: Bool, alpha: Float = 1, beta: Float = 1
  ) -> [String: Attribute] {
    [
      "transA": .int(transA ? 1 : 0), "transB": .int(transB ? 1 : 0), "alpha": .float(alpha),
      "beta": .float(beta),
    ]
  }

  @Test(arguments: [false, true], [false, true])
  func eitherMatrixMayBeTransposed(_ transA: Bool, _ transB: Bool) throws {
    let (m, n, k) = (140, 520, 33)
    let a = MatrixProductTests.numbers([m, k], seed: 4)
    let b = MatrixProductTests.numbers([k, n], seed: 5)
    let c = MatrixProductTests.numbers([m, 1], seed: 6)
    let row = MatrixProductTests.Row(left: [m, k], right: [k, n], result: [m, n])
    let product = MatrixProductTests.expected(row, a, b)
    let expected = product.indices.map { 2 * product[$0] - 3 * c[$0 / n] }
    let left = transA ? Self.transposed(a, rows: m) : a
    let right = transB ? Self.transposed(b, rows: k) : b
    func gemm<T: NumericElement>(_ convert: (Int) -> T) throws -> Tensor {
      try result(
        "Gemm", opset: 13, Tensor(left.map(convert), shape: transA ? [k, m] : [m, k]),
        Tensor(right.map(convert), shape: transB ? [n, k] : [k, n]),
        Tensor(c.map(convert), shape: [m, 1]),
        attributes: Self.attributes(transA, transB, alpha: 2, beta: -3))
    }
    #expect(try gemm { Float($0) } == Tensor(expected.map { Float($0) }, shape: [m, n]))
    #expect(try gemm { Double($0) } == Tensor(expected.map { Double($0) }, shape: [m, n]))
    #expect(try gemm { Int64($0) } == Tensor(expected.map { Int64($0) }, shape: [m, n]))
  }

  private static func transposed(_ matrix: [Int], rows: Int) -> [Int] {
    let columns = matrix.count / rows
    return (0..<columns).flatMap { column in (0..<rows).map { matrix[$0 * columns + column] } }
  }

  @Test(arguments: [Shape([]), [1], [3], [1, 3], [2, 1], [2, 3]])
  func theAddendIsBroadcast(_ shape: Shape) throws {
    let one = Tensor([1, 0, 0, 1] as [Float], shape: [2, 2])
    let b = Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
    let c = (0..<shape.elementCount).map { Float(10 * ($0 + 1)) }
    let places = broadcastIndices([shape], to: [2, 3])
    let found = try result("Gemm", opset: 7, one, b, Tensor(c, shape: shape))
    #expect(
      found == Tensor(places.enumerated().map { Float($0 + 1) + c[$1[0]] }, shape: [2, 3]))
  }

  @Test func theAddendMayBeLeftOut() throws {
    let a = Tensor([1, 2] as [Float], shape: [1, 2])
    let b = Tensor([3, 4] as [Float], shape: [2, 1])
    #expect(try result("Gemm", opset: 11, a, b) == Tensor([11] as [Float], shape: [1, 1]))
    let half = try result("Gemm", opset: 13, a, b, nil, attributes: ["alpha": .float(0.5)])
    #expect(half == Tensor([5.5] as [Float], shape: [1, 1]))
    #expect(refusal("Gemm", opset: 10, a, b) == "2 inputs, expected 3 to 3")
  }

  @Test func emptyProductsLeaveTheAddend() throws {
    let found = try result(
      "Gemm", opset: 13, Tensor([] as [Float], shape: [2, 0]),
      Tensor([] as [Float], shape: [0, 2]),
      Tensor([1, 2] as [Float]))
    #expect(found == Tensor([1, 2, 1, 2] as [Float], shape: [2, 2]))
  }

  @Test func whatDoesNotFitIsRefused() {
    let a = Tensor([1, 2] as [Float], shape: [1, 2])
    #expect(
      refusal("Gemm", opset: 13, a, a, nil, attributes: ["transA": .int(1), "transB": .int(1)])
        == "matrices of shapes [1,2] and [1,2] cannot be multiplied (transA 1, transB 1)")
    #expect(
      refusal("Gemm", opset: 13, a, a, Tensor([1, 2] as [Float]), attributes: ["transB": .int(1)])
        == "input 2 of shape [2] does not broadcast to [1,1]")
    let integers = Tensor([1, 2] as [Int32], shape: [1, 2])
    #expect(
      refusal(
        "Gemm", opset: 13, integers, integers, nil,
        attributes: ["transB": .int(1), "alpha": .float(0.5)])
        == "attributes alpha 0.5 and beta 1.0, expected whole numbers for int32")
  }
}
