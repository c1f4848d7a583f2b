import Foundation
import Tensors
import Testing

@Suite struct TensorArchiveTests {
  private static let archives = NumPySamples.names.filter { $0.hasSuffix(".npz") }

  @Test(arguments: [
    ("stored.npz", 48), ("deflated.npz", 48), ("streamed.npz", 3), ("zip64.npz", 3),
  ])
  func everyByteOrderAndAxisOrderIsRead(name: String, count: Int) throws {
    let archive = try TensorArchive(contentsOfFile: NumPySamples.path(name))
    #expect(archive.entries.count == count)
    for entry in archive.entries {
      // A name is a byte order, a type and an axis order, such as "<f4 C".
      let code = String(entry.name.dropFirst().prefix(2))
      #expect(entry.tensor == NumPySamples.expected(code), "\(entry.name)")
    }
  }

  @Test func anArchiveOfNothingIsRead() throws {
    #expect(try TensorArchive(contentsOfFile: NumPySamples.path("none.npz")) == TensorArchive())
    #expect(try TensorArchive().npzData() == NumPySamples.data("none.npz"))
  }

  /// The sample's bytes are Python's, so that `numpy.load` reads what is written here.
  @Test func whatIsWrittenIsWhatPythonWrites() throws {
    let archive = TensorArchive([
      .init(name: "a/b", tensor: NumPySamples.expected("f4")),
      .init(name: "images:0", tensor: NumPySamples.expected("i8")),
      .init(name: "größe", tensor: NumPySamples.expected("b1")),
      .init(name: "x.npy", tensor: NumPySamples.expected("f2")),
    ])
    #expect(try archive.npzData() == NumPySamples.data("written.npz"))
    try NumPySamples.withFile(Data()) { path in
      try archive.write(toFile: path)
      #expect(try TensorArchive(contentsOfFile: path) == archive)
    }
    #expect(archive["images:0"] == NumPySamples.expected("i8"))
    #expect(archive["images"] == nil)
  }

  @Test(arguments: [
    (["a", "a"], "two members are named \"a.npy\""),
    ([String(repeating: "n", count: 70_000)], "is too long, or holds a zero byte"),
    (["a\0b"], "is too long, or holds a zero byte"),
  ])
  func aNameThatCannotBeHeldIsRefused(names: [String], message: String) throws {
    let archive = TensorArchive(names.map { .init(name: $0, tensor: Tensor(scalar: 1 as Float)) })
    let error = #expect(throws: TensorError.self) { try archive.npzData() }
    #expect(try #require(error).description.contains(message))
  }

  @Test(arguments: ["streamed.npz", "zip64.npz", "written.npz", "none.npz"])
  func everyTruncationIsAnError(name: String) {
    let data = NumPySamples.data(name)
    let accepted = data.indices.filter { (try? TensorArchive(npzData: data.prefix($0))) != nil }
    #expect(accepted.isEmpty)
  }

  /// Every byte that matters is compared or under a checksum.
  @Test(arguments: ["streamed.npz", "zip64.npz", "written.npz"])
  func aFlippedBitIsAnErrorOrChangesNothing(name: String) throws {
    let data = NumPySamples.data(name)
    let whole = try TensorArchive(npzData: data)
    let accepted = (0..<(data.count * 8)).filter { bit in
      var damaged = data
      damaged[bit / 8] ^= 1 << (bit % 8)
      let found = try? TensorArchive(npzData: damaged)
      return found != nil && found != whole
    }
    #expect(accepted.isEmpty)
  }

  @Test func aMemberThatUnpacksToTooMuchIsRefused() throws {
    // The first member's record in the directory claims 4 GB, for some sixty bytes packed.
    var data = NumPySamples.data("deflated.npz")
    let directory = try #require(data.range(of: Data([0x50, 0x4B, 1, 2]))).lowerBound
    data.replaceSubrange((directory + 24)..<(directory + 28), with: [0xFE, 0xFF, 0xFF, 0xFF])
    try NumPySamples.withFile(data) { path in
      let error = #expect(throws: TensorError.self) { try TensorArchive(contentsOfFile: path) }
      let text = try #require(error).description
      #expect(text.hasPrefix("\(path): member \"<f2 C.npy\" cannot be 4294967294 bytes"))
    }
  }

  @Test(arguments: [
    ("/nonexistent/x.npz", "no such file"), (NSTemporaryDirectory(), "not a regular file"),
    (NumPySamples.path("f4.npy"), "not an .npz file, or cut short"),
  ])
  func anErrorNamesTheFile(path: String, message: String) throws {
    let error = #expect(throws: TensorError.self) { try TensorArchive(contentsOfFile: path) }
    #expect(try #require(error).description.hasPrefix("\(path): \(message)"))
    #expect(throws: TensorError.self) { try TensorArchive().write(toFile: "/nonexistent/x.npz") }
  }
}
