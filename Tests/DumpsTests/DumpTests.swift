import Dumps
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct DumpTests {
  struct Sample: Sendable, CustomTestStringConvertible {
    let name: String
    let format: Dump.Format
    /// For each run its title and what is added to the tensors.
    var runs: [(title: String?, step: Int)] = [(nil, 0)]
    /// Names as files hold them.
    var hasFileNames = false

    var testDescription: String { name }
  }

  static let samples = [
    Sample(name: "polygraphy-outputs.json", format: .polygraphyJSON),
    Sample(
      name: "polygraphy-iterations.json", format: .polygraphyJSON,
      runs: (0..<3).map { ("trt-runner, iteration \($0)", $0) }),
    Sample(
      name: "polygraphy-runners.json", format: .polygraphyJSON,
      runs: [("trt-runner, iteration 0", 0), ("onnxrt-runner, iteration 0", 0)]),
    Sample(name: "polygraphy-inputs.json", format: .polygraphyJSON),
    Sample(
      name: "polygraphy-feeds.json", format: .polygraphyJSON,
      runs: [("iteration 0", 0), ("iteration 1", 0)]),
    Sample(
      name: "polygraphy-folder", format: .polygraphyJSON,
      runs: [("0000000000.json", 0), ("0000000001.json", 1)]),
    Sample(name: "polygraphy-lazy-numpy.json", format: .polygraphyJSON),
    Sample(name: "polygraphy-direct.json", format: .polygraphyJSON),
    Sample(name: "polygraphy-former.json", format: .polygraphyJSON),
    Sample(name: "trtexec-raw", format: .trtexecRaw, hasFileNames: true),
    Sample(name: "trtexec-debug-numpy", format: .npy, hasFileNames: true),
    Sample(name: "trtexec-debug-raw", format: .trtexecDebugTensors),
    Sample(name: "numpy.npz", format: .npz),
  ]

  @Test(arguments: samples) func everyBitIsRead(_ sample: Sample) throws {
    let dump = try Dump(contentsOf: DumpSamples.path(sample.name))
    #expect(dump.format == sample.format)
    #expect(dump.significantDigits == nil)
    #expect(dump.runs.map(\.title) == sample.runs.map(\.title))
    for (run, expected) in zip(dump.runs, sample.runs) {
      let tensors = DumpSamples.tensors(plus: expected.step)
      #expect(run.tensors.entries.count == tensors.count)
      for (name, tensor) in tensors {
        let found = run.tensors[sample.hasFileNames ? name.inFileName : name]
        #expect(found == tensor, "\(name)")
      }
    }
  }

  @Test func aSingleArrayIsCalledAfterItsFile() throws {
    let dump = try Dump(contentsOf: DumpSamples.path("boxes.npy"))
    #expect(dump.format == .npy)
    #expect(dump.runs[0].tensors["boxes"] == DumpSamples.tensors()["boxes"])
    let raw = try Dump(contentsOf: DumpSamples.path("trtexec-raw/images.input.1.3.fp16.raw"))
    #expect(raw.runs[0].tensors["images"]?.elementType == .float16)
    let debug = try Dump(contentsOf: DumpSamples.path("trtexec-debug-numpy/0001_scores.npy"))
    #expect(debug.runs[0].tensors["scores"] == DumpSamples.tensors()["scores"])
  }

  @Test(arguments: ["trtexec.json", "trtexec-tuples.json", "trtexec-final-shape.json"])
  func sixDigitsAreRead(_ name: String) throws {
    let dump = try Dump(contentsOf: DumpSamples.path(name))
    #expect(dump.format == .trtexecJSON)
    #expect(dump.significantDigits == 6)
    let tensors = dump.runs[0].tensors
    #expect(tensors.entries.map(\.name) == ["number/of:rows", "scores", "boxes"])
    #expect(tensors["number/of:rows"] == Tensor([3] as [Float], shape: [1, 1]))
    for name in ["boxes", "scores"] {
      let found = try #require(tensors[name])
      let expected = try #require(DumpSamples.tensors()[name])
      #expect(found.shape == expected.shape)
      for (a, b) in zip(found.elements(of: Float.self), expected.elements(of: Float.self)) {
        #expect(abs(a - b) <= 5.1e-6 * abs(b))
      }
    }
  }

  @Test func whatIsNoJSONIsReadAsTrtexecMeansIt() throws {
    let tensors = try Dump(contentsOf: DumpSamples.path("trtexec-odd.json")).runs[0].tensors
    let odd = try #require(tensors["a \"quoted\" name"]).elements(of: Float.self)
    #expect(odd[0].isNaN && odd[1].isNaN)
    #expect(odd[2...] == [.infinity, -.infinity])
    #expect(tensors["back\\slash"] == Tensor([1e-30, 3e38, 1.67772e7, 0.1, 25200] as [Float]))
    #expect(tensors["none"]?.shape == [1, 0, 4])
    #expect(tensors["scalar"] == Tensor(scalar: 2.5 as Float))
  }

  /// As another tool might have rewritten the file: keys in another order, on one line.
  @Test func orderAndLayoutDoNotMatter() throws {
    let folder = try TemporaryFolder()
    let text =
      #"[{"values":[1.5,-2.5E+1,+3,4.,Infinity,0.1234567890123456789012],"more":{"a":[true,null]},"#
      + #""dimensions":"2x3","name":"x"}]"#
    let path = try folder.write(Data(text.utf8), as: "dump")
    let dump = try Dump(contentsOf: path)
    #expect(dump.format == .trtexecJSON)
    #expect(
      dump.runs[0].tensors["x"]
        == Tensor([1.5, -25, 3, 4, .infinity, 0.12345679] as [Float], shape: [2, 3]))
  }

  /// Every float32 survives the digits that tell it apart.
  @Test func numbersAreTheNearest() throws {
    let folder = try TemporaryFolder()
    var generator = SeededGenerator(seed: 1)
    let values = (0..<20_000).map { _ -> Float in
      let value = Float(bitPattern: UInt32.random(in: 0 ... .max, using: &generator))
      return value.isFinite ? value : 0
    }
    let text = values.map(\.description).joined(separator: ", ")
    let path = try folder.write(
      Data(#"[{"name" : "x", "dimensions" : "20000", "values" : [ \#(text) ]}]"#.utf8), as: "dump")
    let found = try Dump(contentsOf: path).runs[0].tensors["x"]
    let read = try #require(found).elements(of: Float.self)
    let wrong = zip(values, read).filter { $0 != $1 }
    #expect(wrong.isEmpty, "\(wrong.prefix(3))")
  }

  @Test(arguments: ElementType.allCases) func rawNamesAreReadAsTheyAreWritten(type: ElementType) {
    for shape in [[], [1], [1, 25200, 4]] as [Shape] {
      let tensor = Tensor.zeros(type, shape: shape)
      let name = RawFileName(name: "a.output.1/b", isInput: false, tensor: tensor)
      let read = RawFileName("\(name)")
      #expect(read?.name == "a.output.1_b")
      #expect(read?.shape == shape)
      #expect(read?.elementType == type)
      #expect(read?.isInput == false)
    }
  }

  @Test func whatIsWrittenForPolygraphyIsReadBack() throws {
    let folder = try TemporaryFolder()
    let archive = TensorArchive([
      .init(name: "a \"b\"\\ü\n", tensor: Tensor([1, -2.5, .nan] as [Float])),
      .init(name: "n", tensor: Tensor(scalar: 7 as Int64)),
    ])
    for (data, name) in [
      (archive.polygraphyOutputs(runner: "x/\"y\""), "outputs"), (archive.polygraphyInputs(), "in"),
    ] {
      let dump = try Dump(contentsOf: folder.write(data, as: name))
      #expect(dump.runs == [Dump.Run(tensors: archive)])
      #expect(try JSONSerialization.jsonObject(with: data) is NSObject)
    }
  }

  @Test func debugTensorsOfSeveralInferencesAreRuns() throws {
    let folder = try TemporaryFolder()
    for (index, name) in ["x", "y", "x", "y"].enumerated() {
      let tensor = Tensor([Float(index)])
      _ = try folder.write(tensor.npyData(), as: "000\(index)_\(name).npy")
    }
    let runs = try Dump(contentsOf: folder.path).runs
    #expect(runs.map(\.title) == ["inference 0", "inference 1"])
    #expect(runs.map { $0.tensors["x"]?.elements(of: Float.self) } == [[0], [2]])
    _ = try folder.write(Tensor([9 as Float]).npyData(), as: "0004_x.npy")
    #expect(throws: TensorError.self) { try Dump(contentsOf: folder.path) }
  }
}
